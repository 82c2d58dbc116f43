// SPDX-License-Identifier: Apache-2.0
// The table of accounts after some intervals.
#include "core/live/report.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

Moment at(Nanoseconds boot) { return {.boot = boot, .wall = boot}; }

Sample sample(std::string account, std::uint64_t id, Traffic delta, Traffic totals,
              SampleState state = SampleState::live, std::string iface = "ens5") {
  Sample result;
  result.taken = at(1s);
  result.interval = 1s;
  result.iface = std::move(iface);
  result.account = std::move(account);
  result.cgroup_id = id;
  result.delta = delta;
  result.totals = totals;
  result.state = state;
  return result;
}

Traffic tx(std::uint64_t bytes) { return {{0}, {0}, {bytes}, {bytes / 1000}}; }

TEST(AccountTable, RatesCoverTheMeasuredInterval) {
  Sample moved = sample("/a", 1, tx(1'000'000), tx(1'000'000));
  moved.interval = 2s;
  AccountTable board;
  board.add({moved}, at(2s));
  EXPECT_EQ(board.accounts().at(0).rates.tx.bits_per_second, 4'000'000U);
  EXPECT_EQ(board.accounts().at(0).rates.tx_packets.packets_per_second, 500U);
}

TEST(AccountTable, AnAccountOnTwoInterfacesIsOneLine) {
  AccountTable board;
  board.add({sample("/a", 1, tx(100), tx(100), SampleState::live, "eth0"),
             sample("/a", 1, tx(200), tx(700), SampleState::live, "eth1")},
            at(1s));
  ASSERT_EQ(board.accounts().size(), 1U);
  EXPECT_EQ(board.accounts()[0].moved.tx_bytes.value, 300U);
  EXPECT_EQ(board.accounts()[0].totals.tx_bytes.value, 800U);
  EXPECT_EQ(board.interfaces().size(), 2U);
}

TEST(AccountTable, SaysWhoseTheBytesAreOnceAContainerHasMovedSome) {
  AccountTable board;
  const auto host = sample("/system.slice/sshd.service", 1, tx(300), tx(300));
  const auto reason = sample("(kernel)", 0, tx(100), tx(100));
  board.add({host, reason}, at(1s));
  EXPECT_FALSE(board.interfaces().at(0).owners);
  auto pod = sample("/kubepods.slice/p.scope", 2, tx(500), tx(500));
  pod.pod = "api-7c9f";
  const std::string id(64, 'a');
  const auto nameless = sample("/docker/" + id, 3, tx(100), tx(100));
  board.add({host, reason, pod, nameless}, at(2s));
  const auto owners = board.interfaces().at(0).owners;
  ASSERT_TRUE(owners);
  EXPECT_TRUE(owners->pods);
  EXPECT_DOUBLE_EQ(owners->containers.tx.value(), 0.6);
  EXPECT_DOUBLE_EQ(owners->host.tx.value(), 0.3);
  EXPECT_DOUBLE_EQ(owners->unnamed.tx.value(), 0.1);
  EXPECT_FALSE(owners->containers.rx) << "nothing was received";
  board.add({host, reason}, at(3s));
  EXPECT_EQ(board.interfaces().at(0).owners->containers.tx.value(), 0.0) << "the line stays";
}

TEST(AccountTable, TotalsNeverFallWhenTheSourceBeginsAgain) {
  AccountTable board;
  board.add({sample("/a", 1, tx(500), tx(500))}, at(1s));
  board.add({sample("/a", 1, tx(20), tx(20), SampleState::reset)}, at(2s));
  EXPECT_EQ(board.accounts().at(0).totals.tx_bytes.value, 520U);
}

TEST(AccountTable, AnIdleAccountKeepsItsTotalsAndHasNoRate) {
  AccountTable board;
  board.add({sample("/a", 1, tx(500), tx(500))}, at(1s));
  board.add({}, at(2s));
  ASSERT_EQ(board.accounts().size(), 1U);
  EXPECT_EQ(board.accounts()[0].rates.tx.bits_per_second, 0U);
  EXPECT_EQ(board.accounts()[0].totals.tx_bytes.value, 500U);
}

TEST(AccountTable, AnExitedAccountIsShownForAWhileAndThenForgotten) {
  AccountTable board(10s);
  board.add({sample("/a", 1, tx(500), tx(500), SampleState::exited)}, at(1s));
  board.add({}, at(5s));
  ASSERT_EQ(board.accounts().size(), 1U);
  EXPECT_EQ(board.accounts()[0].exited_ago, 4s);
  board.add({}, at(12s));
  EXPECT_TRUE(board.accounts().empty());
}

TEST(AccountTable, LateTrafficDoesNotMakeAnExitYounger) {
  AccountTable board;
  board.add({sample("/a", 1, tx(500), tx(500), SampleState::exited)}, at(1s));
  Sample late = sample("/a", 1, tx(1), tx(501), SampleState::exited);
  late.taken = at(4s);
  board.add({late}, at(4s));
  EXPECT_EQ(board.accounts().at(0).exited_ago, 3s);
}

TEST(AccountTable, TheBusiestIsFirstAndTheIdleFollowByTheirTotals) {
  AccountTable board;
  board.add({sample("/idle-small", 1, {}, tx(10)), sample("/idle-big", 2, {}, tx(1000)),
             sample("/b", 3, tx(5), tx(5)), sample("/a", 4, tx(5), tx(5))},
            at(1s));
  std::vector<std::string> order;
  for (const AccountLine& line : board.accounts()) {
    order.push_back(line.account);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"/a", "/b", "/idle-big", "/idle-small"}));
}

TEST(AccountTable, NamedIsTheShareOfBytesOnCgroups) {
  AccountTable board;
  board.add({sample("/a", 1, tx(750), tx(750)), sample("(kernel)", 0, tx(250), tx(250))}, at(1s));
  EXPECT_DOUBLE_EQ(board.interfaces().at(0).named.tx.value(), 0.75);
  EXPECT_FALSE(board.interfaces().at(0).named.rx.has_value());
}

TEST(Shortlist, WhatDoesNotFitIsAddedUp) {
  AccountTable board;
  board.add({sample("/a", 1, tx(4000), tx(4000)), sample("/b", 2, tx(2000), tx(2000)),
             sample("/c", 3, tx(1000), tx(1500))},
            at(1s));
  const Shortlist list = shortlist(board.accounts(), 1);
  ASSERT_EQ(list.lines.size(), 1U);
  EXPECT_EQ(list.lines[0].account, "/a");
  EXPECT_EQ(list.other_count, 2U);
  ASSERT_TRUE(list.others.has_value());
  EXPECT_EQ(list.others->account, "(others)");
  EXPECT_EQ(list.others->moved.tx_bytes.value, 3000U);
  EXPECT_EQ(list.others->totals.tx_bytes.value, 3500U);
  EXPECT_EQ(list.others->rates.tx.bits_per_second, 24'000U);
}

TEST(Shortlist, HasNoOthersWhereAllFit) {
  AccountTable board;
  board.add({sample("/a", 1, tx(4000), tx(4000))}, at(1s));
  EXPECT_FALSE(shortlist(board.accounts(), 1).others.has_value());
}

}  // namespace
}  // namespace cgtally
