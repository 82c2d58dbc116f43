// SPDX-License-Identifier: Apache-2.0
// Records of a ledger that no cgtally has written: a reader leaves them out and says so. Counts no
// packet.
#include <bpf/bpf.h>
#include <cgtally/abi.h>
#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "adapters/bpf/cgroups/lives.h"
#include "adapters/bpf/cgroups/owner_names.h"
#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/slot_accounts.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "netns/ledger/retirement_test.h"

namespace cgtally::bpf {
namespace {

using harness::must;

constexpr std::uint32_t kNoSuchKind = CGT_KINDS;

class DamagedAccountsTest : public testing::Test {
 protected:
  void count_on(std::uint32_t slot, const cgt_key& key) {
    ASSERT_EQ(bpf_map_update_elem(ledger_.fd("slots"), &key, &slot, BPF_ANY), 0);
    ledger_.cells()[slot].key = key;
    ledger_.cells()[slot].tx_bytes = 1000;
  }

  Ledger ledger_ = must(Ledger::create({.slots = 64}));
};

TEST_F(DamagedAccountsTest, AnAccountOfNoKindIsLeftOutAndSaid) {
  count_on(3, {.cgroup_id = 0, .iface = 1, .kind = CGT_KERNEL});
  TotalsReader reader(ledger_);
  EXPECT_EQ(reader.read().size(), 1U);
  EXPECT_FALSE(reader.damage());

  count_on(4, {.cgroup_id = 7, .iface = 1, .kind = kNoSuchKind});
  const auto accounts = reader.read();
  ASSERT_EQ(accounts.size(), 1U);
  EXPECT_EQ(accounts[0].account.kind, AccountKind::kernel);
  ASSERT_TRUE(reader.damage());
  EXPECT_EQ(reader.damage()->what,
            "the ledger is damaged: slot 4 is of an account of kind 12, not of 0 to 11");
  SlotAccounts slots(ledger_);
  EXPECT_EQ(slots.owner_of(3), accounts[0].account);
  EXPECT_EQ(slots.owner_of(4), std::nullopt);
}

TEST_F(DamagedAccountsTest, AnEndedAccountOfNoKindIsCountedAsLost) {
  auto ring = must(FinalTotalsRing::map(ledger_, Access::write));
  for (const std::uint32_t kind : {std::uint32_t{CGT_CGROUP}, kNoSuchKind}) {
    cgt_final_totals one{};
    one.seq = ++ledger_.header().final_totals_written;
    one.key = {.cgroup_id = 7, .iface = 1, .kind = kind};
    one.retired_ns = ~0ULL;
    ring.write(one);
  }
  TotalsReader reader(ledger_);
  auto ends = must(FinalTotalsReader::open(ledger_, FinalTotalsReader::From::oldest));
  const LedgerReading reading = reader.read(ends);
  ASSERT_EQ(reading.final_totals.size(), 1U);
  EXPECT_EQ(reading.final_totals[0].account, (Account{AccountKind::cgroup, 7}));
  EXPECT_EQ(reading.final_totals[0].retired, Nanoseconds::max() / 2);
  EXPECT_EQ(reading.lost_final_totals, 1U);
}

// Twice the latest time still fits, so that no sum of two of them overflows.
TEST_F(DamagedAccountsTest, ATimeThatCannotBeIsTheLatest) {
  constexpr std::uint64_t kId = 7;
  cgt_life life{};
  life.begun_ns = 5;
  life.ended_ns = ~0ULL;
  ASSERT_EQ(bpf_map_update_elem(ledger_.fd("lives"), &kId, &life, BPF_ANY), 0);
  const auto found = Lives(ledger_.fd("lives")).find(kId);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->begun, Nanoseconds{5});
  EXPECT_EQ(found->ended, Nanoseconds::max() / 2);
  EXPECT_EQ(found->removed, std::nullopt);
}

TEST_F(DamagedAccountsTest, ANameThatNobodyEscapedIsEscaped) {
  constexpr std::uint64_t kId = 7;
  cgt_owner_name name{};
  std::string_view("\x1b[2Jweb").copy(name.text, sizeof(name.text));
  ASSERT_EQ(bpf_map_update_elem(ledger_.fd("owner_names"), &kId, &name, BPF_ANY), 0);
  const auto found = OwnerNames(ledger_.fd("owner_names")).find(kId);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name.container, "\\x1b[2Jweb");
}

}  // namespace
}  // namespace cgtally::bpf
