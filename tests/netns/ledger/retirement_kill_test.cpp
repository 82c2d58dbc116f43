// SPDX-License-Identifier: Apache-2.0
// Kills a keeper at every change that it makes to the ledger, and lets the next one finish its
// work: nothing is lost, nothing is there twice, and no reader in between sees a total fall.
#include <cgtally/abi.h>

#include <algorithm>

#include "adapters/sys/clock.h"
#include "harness/ledger/stepped.h"
#include "netns/counting/visible.h"
#include "netns/counting/wire_test.h"
#include "netns/ledger/retirement_test.h"

namespace cgtally::harness {
namespace {

std::uint32_t open_entries(const bpf::Ledger& ledger) {
  std::uint32_t open = 0;
  for (const cgt_retire_entry& entry : ledger.header().journal) {
    open += entry.state != CGT_RETIRE_NONE && entry.state != CGT_RETIRE_QUARANTINED ? 1 : 0;
  }
  return open;
}

class Kill : public WireTest {};

TEST_F(Kill, OfAKeeperAtEachChangeThatItMakesUnderTrafficIsMadeGoodByTheNext) {
  Counted counted(wire_.host_end(), HookChoice::newest, {.slots = 128});
  bpf::Ledger& ledger = counted.tally().ledger();
  const Cgroup web("web");
  const Cgroup stays("stays");
  const std::vector<InterfaceAccount> leave{{counted.key(), of(web)}};
  Watch watch(ledger);
  Traffics traffics(wire_, {&web, &stays});
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  int kills = 0;
  for (bool killed = true; killed;) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});  // it is in the ledger again
    auto keeper = must(bpf::RetireJournal::open(ledger));
    Visible visible(ledger, leave);
    killed = killed_after_change(
        {.memory = &ledger.header(), .bytes = sizeof(cgt_header)},
        [&] { (void)must(keeper.retire(leave)); }, [&] { return visible.changed(); }, kills + 1);
    auto next = must(bpf::RetireJournal::open(ledger));
    must(next.recover());
    next.release_quarantined(now());
    EXPECT_EQ(open_entries(ledger), 0U);
    EXPECT_EQ(ledger.header().retire_generation % 2, 0U);
    kills += killed ? 1 : 0;
    ASSERT_LT(kills, 2000);
  }
  traffics.end();
  const auto settled = counted.settle();
  const auto& follower = watch.end();
  EXPECT_GT(kills, 40);
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.books.of(AccountKind::overflow), Traffic{});
  EXPECT_EQ(follower.fault(), "");
  EXPECT_EQ(follower.lost(), 0U);
  for (const InterfaceAccount& account : leave) {
    EXPECT_EQ(follower.of(account), follower.of({counted.key(), of(stays)}));
    EXPECT_GT(follower.final_totals(account), kills / 2);
  }
  RecordProperty("kills", kills);
}

// A ledger without programs: the test writes the totals.
class KillWithoutPrograms : public ::testing::Test {
 protected:
  void book(const InterfaceAccount& account, std::uint64_t bytes) {
    const cgt_key key{.cgroup_id = account.account.cgroup_id,
                      .iface = account.iface.value,
                      .kind = static_cast<std::uint32_t>(account.account.kind)};
    const std::uint32_t slot = must(ledger_.reserve(key));
    // The rows of a CPU, and userspace's own, as an opening balance has it.
    for (const std::uint32_t row : {0U, ledger_.own_row()}) {
      const std::size_t at = std::size_t{row} * ledger_.slots() + slot;
      cgt_cell& cell = ledger_.cells()[at];
      cell.key = key;
      cell.tx_bytes += bytes;
      cell.tx_packets += 1;
      cell.rx_no_payload += 1;
      cell.tx_no_payload += 2;
      cgt_handshakes& handshakes = ledger_.handshakes()[at];
      handshakes.rx_syn += 3;
      handshakes.tx_syn += 4;
      handshakes.rx_rst += 5;
      handshakes.tx_rst += 6;
    }
  }
  // An account on an interface of its own, with totals in (retired) as well.
  InterfaceAccount interface_that_is_gone() {
    const InterfaceKey iface{++ledger_.header().last_iface};
    cgt_interface record{};
    record.to_boot_ns = 1;
    must(ledger_.put_interface(iface.value, record));
    book({iface, kWeb}, 1000);
    book({iface, {AccountKind::kernel, 0}}, 100);
    ledger_
        .cells()[std::size_t{ledger_.own_row()} * ledger_.slots() +
                 must(ledger_.reserve({0, iface.value, CGT_RETIRED}))]
        .rx_bytes = 7;
    return {iface, kWeb};
  }

  // What so many accounts have that book() counted on, each in two rows.
  static TcpCounts tcp_of(std::uint64_t accounts) {
    const std::uint64_t rows = 2 * accounts;
    return {.rx_connections = 3 * rows,
            .tx_connections = 4 * rows,
            .rx_resets = 5 * rows,
            .tx_resets = 6 * rows,
            .rx_without_data = {rows},
            .tx_without_data = {2 * rows}};
  }

  static constexpr Account kWeb{AccountKind::cgroup, 4711};
  bpf::Ledger ledger_ = must(bpf::Ledger::create({.slots = 16}));
};

TEST_F(KillWithoutPrograms, AtEachChangeWhileAnInterfaceIsFoldedIsMadeGood) {
  Follower follower(ledger_);
  constexpr int kStride = 5;
  int kills = 0;
  Nanoseconds clock = std::chrono::hours{1};
  for (bool killed = true; killed; clock += std::chrono::seconds{2}) {
    auto keeper = must(bpf::RetireJournal::open(ledger_));
    keeper.release_quarantined(clock);
    keeper.release_quarantined(clock + std::chrono::seconds{1});
    const InterfaceAccount web = interface_that_is_gone();
    follower.look();
    Visible visible(
        ledger_,
        {web, {web.iface, {AccountKind::kernel, 0}}, {web.iface, {AccountKind::retired, 0}}});
    killed = killed_after_change(
        {.memory = &ledger_.header(), .bytes = sizeof(cgt_header)},
        [&] { (void)must(keeper.retire_interface(web.iface)); }, [&] { return visible.changed(); },
        kStride * kills + 1);
    follower.look();
    auto next = must(bpf::RetireJournal::open(ledger_));
    must(next.recover());
    follower.look();
    EXPECT_TRUE(must(next.retire_interface(web.iface)));
    follower.look();
    EXPECT_TRUE(ledger_.interfaces().empty());
    for (const Account& account :
         {kWeb, Account{AccountKind::kernel, 0}, Account{AccountKind::retired, 0}}) {
      EXPECT_EQ(follower.final_totals({web.iface, account}), 1) << "kill " << kills;
    }
    ASSERT_EQ(follower.fault(), "") << "kill " << kills;
    ASSERT_EQ(follower.last().accounts.size(), 1U);
    ++kills;
    ASSERT_EQ(follower.sum().tx_bytes.value, 2200U * static_cast<unsigned>(kills));
    ASSERT_EQ(follower.sum().rx_bytes.value, 7U * static_cast<unsigned>(kills));
    ASSERT_EQ(follower.sum().tcp, tcp_of(2 * static_cast<unsigned>(kills)));
    ASSERT_EQ(follower.of({web.iface, kWeb}).tcp, tcp_of(1));
  }
  EXPECT_EQ(follower.last().accounts[0].totals, follower.sum());
  EXPECT_GT(kills, 15);
}

TEST_F(KillWithoutPrograms, AtEachChangeWhileAnAccountIsFoldedIsMadeGood) {
  Follower follower(ledger_);
  constexpr int kStride = 3;
  constexpr std::uint64_t kAbove = 5;
  int kills = 0;
  Nanoseconds clock = std::chrono::hours{1};
  for (bool killed = true; killed; clock += std::chrono::seconds{2}) {
    auto keeper = must(bpf::RetireJournal::open(ledger_));
    keeper.release_quarantined(clock);
    keeper.release_quarantined(clock + std::chrono::seconds{1});
    // An interface of its own, so that the account that takes the totals is made each time.
    const InterfaceAccount web{InterfaceKey{static_cast<std::uint32_t>(kills) % 3 + 1}, kWeb};
    (void)must(ledger_.reserve({0, web.iface.value, CGT_RETIRED}));
    book(web, 1000);
    follower.look();
    Visible visible(ledger_, {web, {web.iface, {AccountKind::folded, kAbove}}});
    killed = killed_after_change(
        {.memory = &ledger_.header(), .bytes = sizeof(cgt_header)},
        [&] { (void)must(keeper.fold(std::vector<AccountFold>{{web, kAbove}})); },
        [&] { return visible.changed(); }, kStride * kills + 1);
    follower.look();
    auto next = must(bpf::RetireJournal::open(ledger_));
    must(next.recover());
    (void)must(next.fold(std::vector<AccountFold>{{web, kAbove}}));
    follower.look();
    ASSERT_EQ(follower.fault(), "") << "kill " << kills;
    ++kills;
    ASSERT_EQ(follower.sum().tx_bytes.value, 2000U * static_cast<unsigned>(kills));
    ASSERT_EQ(follower.sum().tcp, tcp_of(static_cast<unsigned>(kills)));
    for (const AccountTotals& one : follower.last().accounts) {
      EXPECT_TRUE(one.account.kind == AccountKind::folded || one.totals.empty());
    }
    for (const FinalTotals& one : follower.last().final_totals) EXPECT_TRUE(one.folded);
  }
  EXPECT_GT(kills, 10);
}

TEST_F(KillWithoutPrograms, BetweenSumAndObituaryIsToldToReadersAsAnEndOnceAndWithoutDelay) {
  auto keeper = must(bpf::RetireJournal::open(ledger_));
  Follower follower(ledger_);
  const InterfaceAccount web{InterfaceKey{1}, kWeb};
  book(web, 1000);
  follower.look();
  const auto summed = [&, done = false]() mutable {
    const bool is = ledger_.header().journal[0].state == CGT_RETIRE_SUMMED;
    return is && !std::exchange(done, true);
  };
  ASSERT_TRUE(killed_after_change(
      {.memory = &ledger_.header(), .bytes = sizeof(cgt_header)},
      [&] { (void)must(keeper.retire(std::vector{web})); }, summed, 1));
  ASSERT_EQ(ledger_.header().retire_generation % 2, 1U);
  ASSERT_EQ(ledger_.header().final_totals_written, 0U);
  Follower newcomer(ledger_);  // a reader that starts after all this
  follower.look();
  EXPECT_EQ(follower.final_totals(web), 1);
  EXPECT_EQ(follower.of(web).tx_bytes, Bytes{2000});
  EXPECT_EQ(follower.of(web).tcp, tcp_of(1));
  EXPECT_EQ(follower.sum().tcp, tcp_of(1));
  EXPECT_EQ(follower.sum().tx_bytes, Bytes{2000});
  const Nanoseconds before = now();
  for (int i = 0; i < 20; ++i) follower.look();
  EXPECT_LT(now() - before, std::chrono::milliseconds{100}) << "a dead keeper is waited for once";
  must(must(bpf::RetireJournal::open(ledger_)).recover());
  follower.look();
  newcomer.look();
  EXPECT_EQ(follower.final_totals(web), 1);
  EXPECT_EQ(newcomer.final_totals(web), 0);
  EXPECT_EQ(follower.sum().tcp, tcp_of(1));
  EXPECT_EQ(follower.sum().tx_bytes, Bytes{2000});
  EXPECT_EQ(follower.fault(), "");
  EXPECT_EQ(newcomer.fault(), "");
}

TEST_F(KillWithoutPrograms, IsNotNeededForAReaderToBeLappedWhichItThenSays) {
  auto keeper = must(bpf::RetireJournal::open(ledger_));
  Follower slow(ledger_);
  const std::uint32_t ring = ledger_.header().final_totals_entries;
  Nanoseconds clock{};
  std::uint32_t folded = 0;
  for (std::uint32_t id = 1; folded < ring + 20; ++id) {
    const InterfaceAccount web{InterfaceKey{1}, {AccountKind::cgroup, id}};
    book(web, 1000);
    folded += static_cast<std::uint32_t>(must(keeper.retire(std::vector{web})));
    keeper.release_quarantined(clock);
    keeper.release_quarantined(clock += std::chrono::hours{1});
  }
  slow.look();
  EXPECT_EQ(slow.lost(), 20U);
  EXPECT_EQ(slow.last().final_totals.size(), ring);
  EXPECT_EQ(slow.last().final_totals.back().account.cgroup_id, folded);
  EXPECT_EQ(slow.sum().tx_bytes.value, 2000 * std::uint64_t{folded});
}

}  // namespace
}  // namespace cgtally::harness
