// SPDX-License-Identifier: Apache-2.0
// The laws of --by: a name's total never falls and never leaps, whatever becomes of the cgroups
// that have it, and the sum over all accounts stays what the ledger counts.
#include "core/groups/account_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "core/traffic/sampler.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

const Account kRetiredHere = reason(AccountKind::retired);
const Account kFoldedBelow3{.kind = AccountKind::folded, .cgroup_id = 3};

// A ledger whose accounts are retired and folded as a keeper does it, seen by containers' names.
class GroupsTest : public testing::Test {
 protected:
  void name(std::uint64_t id, const std::string& container) { names_[id] = container; }
  void count(std::uint64_t id, std::uint64_t bytes, InterfaceKey iface = kEth) {
    ledger_[{iface, cgroup(id)}] += sent(bytes);
  }
  void remove(std::uint64_t id) { removed_.insert(id); }
  void retire(std::uint64_t id, InterfaceKey iface = kEth) {
    move({iface, cgroup(id)}, {iface, kRetiredHere}, 0);
  }
  void fold(const Account& account, std::uint64_t into) {
    move({kEth, account}, {kEth, {.kind = AccountKind::folded, .cgroup_id = into}}, into);
  }
  void move(const InterfaceAccount& from, const InterfaceAccount& to, std::uint64_t into) {
    const Traffic totals = ledger_.at(from);
    ledger_.erase(from);
    ledger_[to] += totals;
    endings_.push_back({.iface = from.iface,
                        .account = from.account,
                        .totals = totals,
                        .folded = into != 0,
                        .folded_into = into});
  }

  [[nodiscard]] AccountName name_of(std::uint64_t id) const {
    AccountName name{.path = "/" + std::to_string(id), .ended = removed_.contains(id)};
    if (const auto known = names_.find(id); known != names_.end()) {
      name.owner.container = known->second;
    }
    return name;
  }
  [[nodiscard]] AccountGroups::NameOf names() const {
    return [this](std::uint64_t id) { return name_of(id); };
  }
  [[nodiscard]] Reading raw() {
    Reading reading{.taken = second(++now_),
                    .ledger = "one",
                    .accounts = {},
                    .attached = std::vector{kEth},
                    .final_totals = std::exchange(endings_, {}),
                    .lost_final_totals = std::exchange(lost_, 0)};
    for (const auto& [key, totals] : ledger_) {
      reading.accounts.push_back({key.iface, key.account, totals});
    }
    return reading;
  }
  void read() {
    const Reading reading = groups_.group(raw(), names());
    shown_.clear();
    for (const AccountTotals& one : reading.accounts) {
      shown_[groups_.name_of(one.account.cgroup_id, names()).path.str() +
             std::string(reason_name(one.account.kind))] += one.totals;
    }
    samples_ = sampler_.process(
        reading, [this](std::uint64_t id) { return groups_.name_of(id, names()); },
        [](InterfaceKey key) { return key == kEth ? "eth0" : "lo"; });
    sampler_.commit();
  }
  [[nodiscard]] Traffic shown(const std::string& account) const {
    const auto found = shown_.find(account);
    return found == shown_.end() ? Traffic{} : found->second;
  }
  [[nodiscard]] Traffic moved(const std::string& account) const {
    Traffic sum;
    for (const Sample& sample : samples_) {
      if (sample.account == account) sum += sample.delta;
    }
    return sum;
  }
  [[nodiscard]] Traffic all_shown() const {
    Traffic sum;
    for (const auto& [account, totals] : shown_) sum += totals;
    return sum;
  }
  [[nodiscard]] Traffic all_counted() const {
    Traffic sum;
    for (const auto& [key, totals] : ledger_) sum += totals;
    return sum;
  }

  std::map<InterfaceAccount, Traffic> ledger_;
  std::map<std::uint64_t, std::string> names_;
  std::set<std::uint64_t> removed_;
  std::vector<FinalTotals> endings_;
  std::uint64_t lost_ = 0;
  std::int64_t now_ = 0;
  AccountGroups groups_{Grouping::container};
  Sampler sampler_{"host"};
  std::map<std::string, Traffic> shown_;
  std::vector<Sample> samples_;
};

TEST_F(GroupsTest, ContainersOfOneNameAreOneAccountAndTheOthersStayAsTheyAre) {
  name(11, "web");
  name(12, "web");
  count(11, 1000);
  count(12, 2000);
  count(13, 4000);
  ledger_[{kEth, reason(AccountKind::kernel)}] = sent(8000);
  read();
  EXPECT_EQ(shown("container:web"), sent(3000));
  EXPECT_EQ(shown("/13"), sent(4000));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, AContainerThatReplacesAnotherGoesOnWithTheTotalOfItsName) {
  name(11, "web");
  count(11, 5000);
  read();
  for (std::uint64_t id = 12; id < 20; ++id) {
    const Traffic before = shown("container:web");
    remove(id - 1);
    name(id, "web");
    count(id, 1000);
    read();
    EXPECT_EQ(moved("container:web"), sent(1000));
    Traffic expected = before;
    expected += sent(1000);
    EXPECT_EQ(shown("container:web"), expected);
    retire(id - 1);
    read();
    EXPECT_TRUE(moved("container:web").empty()) << "retiring is no traffic";
    EXPECT_EQ(shown("container:web"), expected);
    EXPECT_TRUE(shown("#0(retired)").empty());
    EXPECT_EQ(all_shown(), all_counted());
  }
}

TEST_F(GroupsTest, ACgroupThatIsMadeAndRetiredBetweenTwoReadingsIsCounted) {
  name(11, "web");
  count(11, 1000);
  read();
  name(12, "web");
  count(12, 7000);
  remove(12);
  retire(12);
  read();
  EXPECT_EQ(moved("container:web"), sent(7000));
  EXPECT_EQ(shown("container:web"), sent(8000));
}

TEST_F(GroupsTest, AnEndedNameIsMarkedAndComesBackWithItsTotal) {
  name(11, "web");
  count(11, 1000);
  read();
  remove(11);
  count(11, 500);
  read();
  const auto last = std::ranges::find(samples_, "container:web", &Sample::account);
  ASSERT_NE(last, samples_.end());
  EXPECT_EQ(last->state, SampleState::exited);
  retire(11);
  read();
  name(12, "web");
  count(12, 250);
  read();
  const auto row = std::ranges::find(samples_, "container:web", &Sample::account);
  ASSERT_NE(row, samples_.end());
  EXPECT_EQ(row->state, SampleState::live);
  EXPECT_EQ(row->totals, sent(1750));
  EXPECT_EQ(row->delta, sent(250));
}

TEST_F(GroupsTest, ANameThatIsKnownLaterIsNoLeap) {
  name(11, "web");
  count(11, 1000);
  count(12, 50'000);
  read();
  EXPECT_EQ(shown("/12"), sent(50'000));
  name(12, "web");
  count(12, 300);
  read();
  EXPECT_EQ(moved("container:web"), sent(300));
  EXPECT_EQ(shown("container:web"), sent(1300));
  EXPECT_EQ(shown("/12"), sent(50'000)) << "what it moved without a name stays where it was";
  retire(12);
  read();
  EXPECT_EQ(shown("container:web"), sent(1300));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, AFoldIsNoTrafficAndTakesNothingFromTheName) {
  name(11, "web");
  count(11, 1000);
  count(13, 10);
  read();
  fold(cgroup(11), 3);
  read();
  EXPECT_EQ(shown("container:web"), sent(1000));
  EXPECT_EQ(all_shown(), all_counted());
  count(11, 200);  // wakes up
  read();
  EXPECT_EQ(moved("container:web"), sent(200));
  EXPECT_EQ(shown("container:web"), sent(1200));
  move({kEth, kFoldedBelow3}, {kEth, kRetiredHere}, 0);
  read();
  EXPECT_EQ(shown("container:web"), sent(1200));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, AFoldWithinTheGroupStaysInIt) {
  name(3, "web");
  name(11, "web");
  count(11, 1000);
  count(3, 1);
  read();
  fold(cgroup(11), 3);
  read();
  EXPECT_EQ(shown("container:web"), sent(1001));
  EXPECT_TRUE(moved("container:web").empty());
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, WhatWasRetiredBeforeTheFirstReadingIsInTheTotal) {
  name(11, "web");
  name(12, "web");
  count(11, 1000);
  remove(11);
  retire(11);
  count(12, 200);
  groups_.recall("one", std::exchange(endings_, {}), names());
  read();
  EXPECT_EQ(shown("container:web"), sent(1200));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, FinalTotalsThatWereLostTakeNothingFromTheName) {
  name(11, "web");
  count(11, 1000);
  read();
  retire(11);
  endings_.clear();
  lost_ = 1;
  read();
  EXPECT_EQ(shown("container:web"), sent(1000));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, AnInterfaceThatGoesEndsItsGroupsThere) {
  name(11, "web");
  count(11, 1000);
  count(11, 400, kLo);
  read();
  move({kLo, cgroup(11)}, {kGoneInterface, kRetiredHere}, 0);
  read();
  EXPECT_EQ(shown("container:web"), sent(1000));
  EXPECT_EQ(all_shown(), all_counted());
}

TEST_F(GroupsTest, AnotherLedgerBeginsAtZero) {
  name(11, "web");
  count(11, 1000);
  read();
  ledger_.clear();
  count(11, 5);
  Reading other = raw();
  other.ledger = "two";
  const Reading grouped = groups_.group(other, names());
  ASSERT_EQ(grouped.accounts.size(), 1U);
  EXPECT_EQ(grouped.accounts[0].totals, sent(5));
}

TEST_F(GroupsTest, MemoryIsBoundedAndTheForgottenAreRetired) {
  groups_ = AccountGroups(Grouping::container, 100);
  for (std::uint64_t id = 1; id <= 500; ++id) {
    name(id, "job-" + std::to_string(id));
    count(id, 10);
    read();
    remove(id);
    retire(id);
    read();
    EXPECT_EQ(all_shown(), all_counted());
    EXPECT_LE(groups_.size(), 202U);
  }
}

TEST_F(GroupsTest, WindowsAndSocketsFindTheGroupOfACgroup) {
  name(11, "web");
  const Account web = groups_.account_of(cgroup(11), names());
  EXPECT_TRUE(is_group_id(web.cgroup_id));
  EXPECT_EQ(groups_.name_of(web.cgroup_id, names()).path, "container:web");
  EXPECT_EQ(groups_.account_of(cgroup(12), names()), cgroup(12));
  EXPECT_EQ(groups_.account_of(reason(AccountKind::kernel), names()), reason(AccountKind::kernel));
}

// Containers of four names come, move, sleep, get their names late, end and are retired or folded
// at random. No total of a name falls, and what all names gain is what was counted.
TEST_F(GroupsTest, WhateverHappensNoTotalFallsAndNoTrafficIsMadeUp) {
  std::mt19937 random(4711);  // NOLINT(*-msc51-cpp): the same each time
  std::set<std::uint64_t> alive;
  std::uint64_t next = 100;
  const auto any = [&](const std::set<std::uint64_t>& set) {
    return *std::next(set.begin(), static_cast<std::ptrdiff_t>(random() % set.size()));
  };
  read();
  std::map<std::string, Traffic> last;
  for (int round = 0; round < 1000; ++round) {
    Traffic counted;
    for (unsigned step = random() % 4; step > 0; --step) {
      if (alive.empty() || random() % 4 == 0) {
        alive.insert(++next);
        if (random() % 5 != 0) name(next, "c" + std::to_string(random() % 4));
      }
      const std::uint64_t id = any(alive);
      const std::uint64_t bytes = 1000 * (random() % 100 + 1);
      count(id, bytes);
      counted += sent(bytes);
      if (random() % 3 == 0 && !names_.contains(id)) name(id, "c" + std::to_string(random() % 4));
      const bool has_account = ledger_.contains({kEth, cgroup(id)});
      if (random() % 5 == 0 && has_account) {
        remove(id);
        alive.erase(id);
        retire(id);
      } else if (random() % 9 == 0 && has_account) {
        fold(cgroup(id), 3);
      }
    }
    if (random() % 50 == 0 && ledger_.contains({kEth, kFoldedBelow3})) {
      move({kEth, kFoldedBelow3}, {kEth, kRetiredHere}, 0);
    }
    read();
    Traffic sum;
    for (const Sample& sample : samples_) sum += sample.delta;
    ASSERT_EQ(sum, counted) << "round " << round;
    ASSERT_EQ(all_shown(), all_counted()) << "round " << round;
    for (const auto& [account, totals] : shown_) {
      if (!account.starts_with("container:")) continue;
      ASSERT_TRUE(std::holds_alternative<Advanced>(step(last[account], totals)))
          << account << " fell in round " << round;
      last[account] = totals;
    }
  }
  EXPECT_EQ(last.size(), 4U);
}

}  // namespace
}  // namespace cgtally
