// SPDX-License-Identifier: Apache-2.0
// Guarantees of a recording when accounts are retired: their last rows are exact, retiring is never
// traffic, and totals that begin again are marked.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/traffic/sampler.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

constexpr std::size_t kMostRemembered = 500;
constexpr InterfaceKey kEthAgain{2};
const Account kRetired = reason(AccountKind::retired);
const Account kOfKernel = reason(AccountKind::kernel);

class Endings : public testing::Test {
 protected:
  void count(const Account& account, const Traffic& totals, InterfaceKey iface = kEth) {
    ledger_[{iface, account}] = totals;
  }
  // As a keeper does: the totals go to (retired).
  void retire(const Account& account, const Traffic& totals, InterfaceKey iface = kEth,
              InterfaceKey into = kEth) {
    ledger_.erase({iface, account});
    ledger_[{into, kRetired}] += totals;
    endings_.push_back({iface, account, totals});
  }
  void remove(std::uint64_t id) { removed_.insert(id); }

  std::vector<Sample> take_at(std::int64_t seconds) {
    Reading reading{.taken = second(seconds),
                    .ledger = "one",
                    .accounts = {},
                    .attached = std::vector{kEth},
                    .final_totals = std::exchange(endings_, {}),
                    .lost_final_totals = std::exchange(lost_, 0)};
    for (const auto& [key, totals] : ledger_) {
      reading.accounts.push_back({key.first, key.second, totals});
    }
    return sampler_.process(
        reading,
        [this](std::uint64_t id) {
          return AccountName{"/" + std::to_string(id), removed_.contains(id)};
        },
        [](InterfaceKey) { return "eth0"; });
  }
  std::vector<Sample> keep_at(std::int64_t seconds) {
    auto samples = take_at(seconds);
    sampler_.commit();
    for (const Sample& sample : samples) kept_ += sample.delta;
    return samples;
  }
  static std::vector<Sample> rows(const std::vector<Sample>& samples, const std::string& account) {
    std::vector<Sample> found;
    for (const Sample& sample : samples) {
      if (sample.account == account) found.push_back(sample);
    }
    return found;
  }
  static void expect_row(const Sample& row, SampleState state, const Traffic& totals,
                         const Traffic& delta) {
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(row.totals, totals);
    EXPECT_EQ(row.delta, delta);
  }

  Sampler sampler_{"host", kMostRemembered};
  std::map<std::pair<InterfaceKey, Account>, Traffic> ledger_;
  std::vector<FinalTotals> endings_;
  std::uint64_t lost_ = 0;
  std::set<std::uint64_t> removed_;
  Traffic kept_;  // the sum of all rows
};

// As a keeper does that needs slots: the totals of a living cgroup go to the account above it.
TEST_F(Endings, AreNotWhatAFoldIsWhichIsNoTrafficEither) {
  const Account above{.kind = AccountKind::folded, .cgroup_id = 5};
  count(cgroup(7), sent(1000));
  keep_at(10);
  ledger_.erase({kEth, cgroup(7)});
  ledger_[{kEth, above}] += sent(1000);
  endings_.push_back({kEth, cgroup(7), sent(1000), true});
  const auto samples = keep_at(11);
  EXPECT_EQ(rows(samples, "/7").size(), 0U);
  const auto taken = rows(samples, "/5/(folded)");
  ASSERT_EQ(taken.size(), 1U);
  expect_row(taken[0], SampleState::exited, sent(1000), {});
  EXPECT_EQ(taken[0].cgroup_id, 0U);
  EXPECT_EQ(kept_, Traffic{});
  EXPECT_EQ(rows(keep_at(12), "/5/(folded)").size(), 0U);

  count(cgroup(7), sent(300));
  const auto again = rows(keep_at(13), "/7");
  ASSERT_EQ(again.size(), 1U);
  expect_row(again[0], SampleState::reset, sent(300), sent(300));
  count(cgroup(7), sent(400));
  expect_row(rows(keep_at(14), "/7").at(0), SampleState::live, sent(400), sent(100));
}

TEST_F(Endings, GiveWhatAFoldedAccountSentLastARowThatIsLive) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  ledger_.erase({kEth, cgroup(7)});
  ledger_[{kEth, {.kind = AccountKind::folded, .cgroup_id = 5}}] += sent(1500);
  endings_.push_back({kEth, cgroup(7), sent(1500), true});
  const auto seven = rows(keep_at(11), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::live, sent(1500), sent(500));
}

TEST_F(Endings, GiveTheLastRowWithTheFinalTotals) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(5000));
  const auto samples = keep_at(11);
  const auto seven = rows(samples, "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::exited, sent(5000), sent(4000));
  const auto retired = rows(samples, "(retired)");
  ASSERT_EQ(retired.size(), 1U);
  expect_row(retired[0], SampleState::exited, sent(5000), {});
  EXPECT_EQ(rows(keep_at(12), "/7").size(), 0U);
}

TEST_F(Endings, GiveAnAccountThatBeganAndWasRetiredInOneIntervalItsOneRow) {
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(5000));
  const auto seven = rows(keep_at(11), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::exited, sent(5000), sent(5000));
}

TEST_F(Endings, GiveNoSecondLastRow) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  remove(7);
  ASSERT_EQ(rows(keep_at(11), "/7").size(), 1U);
  retire(cgroup(7), sent(1000));
  EXPECT_EQ(rows(keep_at(12), "/7").size(), 0U);
}

TEST_F(Endings, GiveTrafficAfterTheLastRowAnotherRow) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  remove(7);
  keep_at(11);
  retire(cgroup(7), sent(3000));
  const auto seven = rows(keep_at(12), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::exited, sent(3000), sent(2000));
}

TEST_F(Endings, GiveNoRowToWhatNeverMovedAnything) {
  count(cgroup(7), {});
  keep_at(10);
  retire(cgroup(7), {});
  EXPECT_EQ(rows(keep_at(11), "/7").size(), 0U);
}

TEST_F(Endings, SayResetOfLateTrafficOnceAndThenExited) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(1000));
  keep_at(11);
  count(cgroup(7), sent(3000));  // more than before: no difference would show it
  auto seven = rows(keep_at(12), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::reset, sent(3000), sent(3000));
  count(cgroup(7), sent(4000));
  seven = rows(keep_at(13), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::exited, sent(4000), sent(1000));
}

TEST_F(Endings, SayResetOfLateTrafficThatWasRetiredAsWell) {
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(1000));
  keep_at(11);
  retire(cgroup(7), sent(500));
  retire(cgroup(7), sent(200));
  const auto seven = rows(keep_at(12), "/7");
  ASSERT_EQ(seven.size(), 2U);
  expect_row(seven[0], SampleState::reset, sent(500), sent(500));
  expect_row(seven[1], SampleState::reset, sent(200), sent(200));
}

TEST_F(Endings, TellTwoLivesOfOneIntervalApart) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  retire(cgroup(7), sent(5000));
  count(cgroup(7), sent(300));
  const auto seven = rows(keep_at(11), "/7");
  ASSERT_EQ(seven.size(), 2U);
  expect_row(seven[0], SampleState::exited, sent(5000), sent(4000));
  expect_row(seven[1], SampleState::reset, sent(300), sent(300));
  count(cgroup(7), sent(400));
  const auto later = rows(keep_at(12), "/7");
  ASSERT_EQ(later.size(), 1U);
  expect_row(later[0], SampleState::live, sent(400), sent(100));
}

// While a slot is on its way out an account may have two, read as one.
TEST_F(Endings, NeverGoNegativeWhereTheBaseHeldTheNextLifeToo) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  count(cgroup(7), sent(6000));  // 5000 in the slot that leaves, 1000 in the new one
  keep_at(11);
  retire(cgroup(7), sent(5000));
  count(cgroup(7), sent(1000));
  auto seven = rows(keep_at(12), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::reset, sent(1000), {});
  count(cgroup(7), sent(1500));
  seven = rows(keep_at(13), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::live, sent(1500), sent(500));
  EXPECT_EQ(kept_, sent(5500));
}

TEST_F(Endings, AreNotLostWithAWriteThatFailed) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(5000));
  ASSERT_EQ(rows(take_at(11), "/7").size(), 1U);
  ASSERT_EQ(rows(take_at(12), "/7").size(), 1U);
  count(cgroup(7), sent(200));
  const auto seven = rows(keep_at(13), "/7");
  ASSERT_EQ(seven.size(), 2U);
  expect_row(seven[0], SampleState::exited, sent(5000), sent(4000));
  expect_row(seven[1], SampleState::reset, sent(200), sent(200));
  EXPECT_EQ(rows(keep_at(14), "(retired)").size(), 0U);
}

TEST_F(Endings, OfAnInterfaceGoToGoneAndTheNextOfItsNameSaysReset) {
  count(cgroup(7), sent(1000));
  count(kOfKernel, sent(100));
  count(kRetired, sent(9000));
  keep_at(10);
  ledger_.erase({kEth, kRetired});
  for (const auto& [account, totals] :
       {std::pair{cgroup(7), sent(2000)}, std::pair{kOfKernel, sent(300)},
        std::pair{kRetired, sent(9000)}}) {
    retire(account, totals, kEth, kGoneInterface);
  }
  auto samples = keep_at(11);
  ASSERT_EQ(rows(samples, "/7").size(), 1U);
  expect_row(rows(samples, "/7")[0], SampleState::exited, sent(2000), sent(1000));
  const auto retired = rows(samples, "(retired)");
  ASSERT_EQ(retired.size(), 1U) << "nothing new on eth0";
  EXPECT_EQ(retired[0].iface, "(gone)");
  expect_row(retired[0], SampleState::exited, sent(11'300), {});
  EXPECT_EQ(kept_, sent(1200));

  count(cgroup(7), sent(40), kEthAgain);
  count(kOfKernel, sent(10), kEthAgain);
  samples = keep_at(12);
  expect_row(rows(samples, "/7").at(0), SampleState::reset, sent(40), sent(40));
  count(cgroup(7), sent(50), kEthAgain);
  expect_row(rows(keep_at(13), "/7").at(0), SampleState::live, sent(50), sent(10));
}

TEST_F(Endings, OwesNoKernelRowToGone) {
  Sampler sampler("host");
  const auto take = [&](std::int64_t seconds) {
    return sampler.process(
        {.taken = second(seconds),
         .ledger = "one",
         .accounts = {{kEth, cgroup(7), sent(1)}, {kGoneInterface, kRetired, sent(2)}}},
        [](std::uint64_t) { return AccountName{"/7", false}; },
        [](InterfaceKey) { return "eth0"; });
  };
  EXPECT_EQ(take(10).size(), 0U);
  const auto samples = take(11);
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].iface, "eth0");
}

TEST_F(Endings, ThatWereLostLetTheAccountBeginAgain) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  ledger_.erase({kEth, cgroup(7)});
  lost_ = 1;
  EXPECT_EQ(rows(keep_at(11), "/7").size(), 0U);
  count(cgroup(7), sent(5000));
  const auto seven = rows(keep_at(12), "/7");
  ASSERT_EQ(seven.size(), 1U);
  expect_row(seven[0], SampleState::reset, sent(5000), sent(5000));
}

TEST_F(Endings, ByTheMillionDoNotMakeMemoryGrow) {
  keep_at(0);
  constexpr std::uint64_t kEach = 100;
  for (std::uint64_t round = 0; round < 8; ++round) {
    for (std::uint64_t id = 1; id <= kEach; ++id) {
      endings_.push_back({kEth, cgroup(round * kEach + id), sent(1000)});
    }
    EXPECT_EQ(keep_at(static_cast<std::int64_t>(round) + 1).size(), kEach + 1);
  }
  EXPECT_LE(sampler_.remembered(), kMostRemembered + 10);
}

TEST_F(Endings, ThatCanNeverBeWrittenDoNotMakeMemoryGrow) {
  keep_at(0);
  for (std::uint64_t id = 1; id <= kMostRemembered + 1000; ++id) {
    endings_.push_back({kEth, cgroup(id), sent(1000)});
  }
  EXPECT_EQ(take_at(1).size(), kMostRemembered + 1);
  EXPECT_LE(sampler_.remembered(), kMostRemembered + 10);
}

TEST_F(Endings, AreNotToldOfAnInterfaceWhoseNameALaterOneHas) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  count(cgroup(7), sent(5), kEthAgain);
  const auto again = rows(keep_at(11), "/7");
  ASSERT_EQ(again.size(), 1U);
  expect_row(again[0], SampleState::reset, sent(5), sent(5));
  retire(cgroup(7), sent(1000));  // the interface of before is given up; the cgroup lives
  EXPECT_EQ(rows(keep_at(12), "/7").size(), 0U);
  count(cgroup(7), sent(8), kEthAgain);
  const auto after = rows(keep_at(13), "/7");
  ASSERT_EQ(after.size(), 1U);
  expect_row(after[0], SampleState::live, sent(8), sent(3));
}

TEST_F(Endings, OfACgroupAreToldOnceThoughItsInterfaceCameBack) {
  count(cgroup(7), sent(1000));
  keep_at(10);
  count(cgroup(7), sent(5), kEthAgain);
  keep_at(11);
  remove(7);
  const auto ended = rows(keep_at(12), "/7");
  ASSERT_EQ(ended.size(), 1U);
  expect_row(ended[0], SampleState::exited, sent(5), {});
  EXPECT_EQ(rows(keep_at(13), "/7").size(), 0U);
}

TEST_F(Endings, SayResetOfTheRetiredWhereTheirInterfaceBeginsAgain) {
  count(cgroup(7), sent(1000));
  count(cgroup(8), sent(40), kEthAgain);
  keep_at(10);
  remove(7);
  retire(cgroup(7), sent(1000));
  expect_row(rows(keep_at(11), "(retired)").at(0), SampleState::exited, sent(1000), {});
  remove(8);
  retire(cgroup(8), sent(40), kEthAgain, kEthAgain);
  expect_row(rows(keep_at(12), "(retired)").at(0), SampleState::reset, sent(40), {});
  count(cgroup(9), sent(7), kEthAgain);
  keep_at(13);
  retire(cgroup(9), sent(7), kEthAgain, kEthAgain);
  expect_row(rows(keep_at(14), "(retired)").at(0), SampleState::exited, sent(47), {});
}

TEST_F(Endings, SayResetOfTheRetiredAfterTheirInterfaceHasGone) {
  retire(cgroup(7), sent(1000));
  keep_at(10);
  retire(kRetired, sent(1000), kEth, kGoneInterface);
  keep_at(11);
  retire(cgroup(8), sent(40), kEthAgain, kEthAgain);
  const auto again = rows(keep_at(12), "(retired)");
  const auto of_eth = std::ranges::find(again, "eth0", &Sample::iface);
  ASSERT_NE(of_eth, again.end());
  expect_row(*of_eth, SampleState::reset, sent(40), {});
}

}  // namespace
}  // namespace cgtally
