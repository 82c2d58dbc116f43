// SPDX-License-Identifier: Apache-2.0
// Many owners at once: each has what it sent, to the byte; and where the table is too small, what
// has no place in it is on (overflow), to the byte.
#include <vector>

#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

struct Sender {
  Cgroup cgroup;
  std::uint64_t payload;
  [[nodiscard]] Traffic expected() const { return sent(1, 14 + 20 + 8 + payload); }
};

class ManyCgroups : public WireTest {
 protected:
  // Each of them sends one datagram of its own length.
  [[nodiscard]] std::vector<Sender> let_send(int count) const {
    std::vector<Sender> senders;
    senders.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      senders.push_back({Cgroup(std::to_string(i)), 100 + static_cast<std::uint64_t>(i) % 1000});
      const auto socket = senders.back().cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
      send_datagrams(socket, remote_at(Ip::v4, 5001), 1, senders.back().payload);
    }
    return senders;
  }
};

TEST_F(ManyCgroups, TenThousandEachHaveExactlyWhatTheySent) {
  const Counted counted(wire_.host_end(), HookChoice::newest, {.slots = 16'384});
  const auto senders = let_send(10'000);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
  EXPECT_EQ(settled.books.of(AccountKind::overflow), Traffic{});
  int wrong = 0;
  for (const auto& sender : senders)
    wrong += settled.books.of(sender.cgroup) == sender.expected() ? 0 : 1;
  EXPECT_EQ(wrong, 0);
}

TEST_F(ManyCgroups, WhatHasNoPlaceInASmallTableIsOnOverflowToTheByte) {
  Counted counted(wire_.host_end(), HookChoice::newest, {.slots = 64});
  const auto senders = let_send(200);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
  Traffic without_place;
  int with_place = 0;
  for (const auto& sender : senders) {
    const auto booked = settled.books.of(sender.cgroup);
    if (booked.empty()) {
      without_place += sender.expected();
    } else {
      ++with_place;
      EXPECT_EQ(booked, sender.expected());
    }
  }
  EXPECT_GT(with_place, 32);
  EXPECT_LE(with_place, 64);
  EXPECT_EQ(settled.books.of(AccountKind::overflow), without_place) << settled.books;
  EXPECT_EQ(counted.tally().slots().used, counted.tally().slots().total);
}

TEST_F(ManyCgroups, AnOwnerThatCameInTimeKeepsItsPlaceWhenTheTableIsFull) {
  const Counted counted(wire_.host_end(), HookChoice::newest, {.slots = 64});
  const Cgroup early("early");
  const auto socket = early.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  send_datagrams(socket, remote_at(Ip::v4, 5001), 5, 100);
  const auto others = let_send(100);
  send_datagrams(socket, remote_at(Ip::v4, 5001), 5, 100);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(early), sent(10, 142)) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

}  // namespace
}  // namespace cgtally::harness
