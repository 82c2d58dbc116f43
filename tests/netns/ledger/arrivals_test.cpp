// SPDX-License-Identifier: Apache-2.0
// An account that is new is in the next reading, whoever took its slot, though readings in between
// look at no free slot.
#include <bpf/bpf.h>
#include <cgtally/abi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "netns/counting/wire_test.h"
#include "netns/ledger/retirement_test.h"

namespace cgtally::harness {
namespace {

class Arrivals : public ::testing::TestWithParam<HookChoice> {
 protected:
  // So many that no look after an earlier arrival is due any more.
  void read_quietly() {
    for (int reading = 0; reading < 4; ++reading) (void)reader_.read();
  }
  [[nodiscard]] bool next_reading_has(const InterfaceAccount& wanted) {
    const auto accounts = reader_.read();
    return std::ranges::any_of(accounts, [&](const AccountTotals& one) {
      return InterfaceAccount{one.iface, one.account} == wanted;
    });
  }
  void send_from(const Cgroup& cgroup) const {
    send_datagrams(cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM), remote_at(Ip::v4, 9), 1, 10);
  }

  Wire wire_;
  Counted counted_{wire_.host_end(), GetParam()};
  bpf::Ledger& ledger_ = counted_.tally().ledger();
  bpf::TotalsReader reader_{ledger_};
};

TEST_P(Arrivals, AreInTheNextReading) {
  for (int i = 0; i < 10; ++i) {
    const Cgroup cgroup("arrival" + std::to_string(i));
    const InterfaceAccount mine{counted_.key(), of(cgroup)};
    read_quietly();
    ASSERT_FALSE(next_reading_has(mine));
    send_from(cgroup);
    ASSERT_TRUE(next_reading_has(mine)) << i;
    ASSERT_TRUE(next_reading_has(mine)) << i;
  }
}

TEST_P(Arrivals, OfAccountsThatWereRetiredAreInTheNextReading) {
  const Cgroup cgroup("again");
  const InterfaceAccount mine{counted_.key(), of(cgroup)};
  auto journal = must(bpf::RetireJournal::open(ledger_));
  for (int i = 0; i < 5; ++i) {
    send_from(cgroup);
    ASSERT_TRUE(next_reading_has(mine)) << i;
    ASSERT_EQ(must(journal.retire(std::vector{mine})), 1U);
    read_quietly();
    ASSERT_FALSE(next_reading_has(mine)) << i;
  }
}

TEST_P(Arrivals, WhoseSlotsUserspaceTookAreInTheNextReading) {
  constexpr InterfaceKey kOther{4711};
  read_quietly();
  (void)must(ledger_.reserve({.cgroup_id = 0, .iface = kOther.value, .kind = CGT_KERNEL}));
  EXPECT_TRUE(next_reading_has({kOther, {AccountKind::kernel, 0}}));
}

// A slot that nobody took by the rules shows that nobody looks.
TEST_P(Arrivals, AreAllThatAReadingLooksFor) {
  const cgt_key key{.cgroup_id = 7, .iface = counted_.key().value, .kind = CGT_CGROUP};
  const InterfaceAccount unannounced{counted_.key(), {AccountKind::cgroup, 7}};
  read_quietly();
  std::uint32_t slot = 0;
  ASSERT_EQ(bpf_map_lookup_and_delete_elem(ledger_.fd("free"), nullptr, &slot), 0);
  ledger_.cells()[slot].key = key;
  ASSERT_EQ(bpf_map_update_elem(ledger_.fd("slots"), &key, &slot, BPF_NOEXIST), 0);
  EXPECT_FALSE(next_reading_has(unannounced));
  const Cgroup cgroup("announced");
  send_from(cgroup);
  EXPECT_TRUE(next_reading_has(unannounced));
}

INSTANTIATE_TEST_SUITE_P(By, Arrivals, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

}  // namespace
}  // namespace cgtally::harness
