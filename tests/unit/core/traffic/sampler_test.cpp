// SPDX-License-Identifier: Apache-2.0
// Guarantees of a recording: each byte is in exactly one row, an account has one last row, and no
// row is a guess.
#include "core/traffic/sampler.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

class SamplerTest : public testing::Test {
 protected:
  void book(const Account& account, const Traffic& totals, InterfaceKey iface = kEth) {
    ledger_[{iface, account}] = totals;
  }
  void end(std::uint64_t id) { ended_.insert(id); }
  void new_ledger(const std::string& name) {
    ledger_name_ = name;
    ledger_.clear();
  }

  std::vector<Sample> take_at(std::int64_t seconds) {
    Reading reading{
        .taken = second(seconds), .ledger = ledger_name_, .accounts = {}, .attached = attached_};
    for (const auto& [key, totals] : ledger_) {
      reading.accounts.push_back({.iface = key.first, .account = key.second, .totals = totals});
    }
    return sampler_.process(
        reading,
        [this](std::uint64_t id) {
          return AccountName{.path = "/" + std::to_string(id), .ended = ended_.contains(id)};
        },
        [](InterfaceKey key) { return key == kEth ? "eth0" : "lo"; });
  }
  std::vector<Sample> keep_at(std::int64_t seconds) {
    auto samples = take_at(seconds);
    sampler_.commit();
    return samples;
  }

  // The row of an account, if there is exactly one.
  static const Sample* row(const std::vector<Sample>& samples, const std::string& account,
                           const std::string& iface = "eth0") {
    const Sample* found = nullptr;
    for (const Sample& sample : samples) {
      if (sample.account != account || sample.iface != iface) continue;
      EXPECT_EQ(found, nullptr) << "two rows of " << account;
      found = &sample;
    }
    return found;
  }

  Sampler sampler_{"host"};
  std::string ledger_name_ = "first";
  std::map<std::pair<InterfaceKey, Account>, Traffic> ledger_;
  std::set<std::uint64_t> ended_;
  std::optional<std::vector<InterfaceKey>> attached_;
};

TEST_F(SamplerTest, TakesTheFirstReadingAsTheBase) {
  book(cgroup(7), sent(1000));
  EXPECT_TRUE(keep_at(10).empty());
}

TEST_F(SamplerTest, GivesDeltaTotalsAndTheMeasuredInterval) {
  book(cgroup(7), sent(1000));
  keep_at(10);
  book(cgroup(7), sent(51'000));
  const auto samples = keep_at(13);
  const Sample* sample = row(samples, "/7");
  ASSERT_NE(sample, nullptr);
  EXPECT_EQ(sample->delta, sent(50'000));
  EXPECT_EQ(sample->totals, sent(51'000));
  EXPECT_EQ(sample->interval, std::chrono::seconds{3});
  EXPECT_EQ(sample->taken.boot, second(13).boot);
  EXPECT_EQ(sample->taken.wall, second(13).wall);
  EXPECT_EQ(sample->host, "host");
  EXPECT_EQ(sample->ledger, "first");
  EXPECT_EQ(sample->iface, "eth0");
  EXPECT_EQ(sample->cgroup_id, 7U);
  EXPECT_EQ(sample->state, SampleState::live);
}

TEST_F(SamplerTest, GivesNoRowToAnIdleAccount) {
  book(cgroup(7), sent(1000));
  keep_at(10);
  const auto samples = keep_at(11);
  EXPECT_EQ(row(samples, "/7"), nullptr);
}

TEST_F(SamplerTest, GivesAnAccountThatWasBornAfterTheBaseItsWholeTotals) {
  keep_at(10);
  book(cgroup(7), sent(4000));
  const auto samples = keep_at(11);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_EQ(row(samples, "/7")->delta, sent(4000));
  EXPECT_EQ(row(samples, "/7")->state, SampleState::live);
}

TEST_F(SamplerTest, GivesKernelARowOnEachInterfaceEveryTime) {
  book(cgroup(7), sent(1000), kEth);
  book(reason(AccountKind::kernel), sent(1000), kLo);
  keep_at(10);
  for (int at = 11; at < 14; ++at) {
    const auto samples = keep_at(at);
    EXPECT_EQ(samples.size(), 2U);
    for (const char* iface : {"eth0", "lo"}) {
      const Sample* sample = row(samples, "(kernel)", iface);
      ASSERT_NE(sample, nullptr) << iface;
      EXPECT_TRUE(sample->delta.empty());
      EXPECT_EQ(sample->cgroup_id, 0U);
      EXPECT_EQ(sample->state, SampleState::live);
    }
  }
}

TEST_F(SamplerTest, GivesKernelRowsOnlyToTheAttachedInterfacesIfTheReadingListsThem) {
  book(cgroup(7), sent(1000), kLo);
  attached_ = {kEth};
  keep_at(10);
  const auto samples = keep_at(11);
  EXPECT_NE(row(samples, "(kernel)", "eth0"), nullptr) << "idle, but watched";
  EXPECT_EQ(row(samples, "(kernel)", "lo"), nullptr) << "gone";
}

TEST_F(SamplerTest, OrdersRowsByInterfaceAndAccount) {
  keep_at(10);
  book(cgroup(9), sent(1000), kLo);
  book(reason(AccountKind::closing), sent(1000), kEth);
  book(cgroup(20), sent(1000), kEth);
  book(cgroup(3), sent(1000), kEth);
  std::vector<std::string> order;
  for (const Sample& sample : keep_at(11)) order.push_back(sample.iface + sample.account.str());
  EXPECT_EQ(order, (std::vector<std::string>{"eth0/3", "eth0/20", "eth0(closing)", "eth0(kernel)",
                                             "lo/9", "lo(kernel)"}));
}

TEST_F(SamplerTest, WritesTheLastRowOfAnAccountThatLivedBetweenTwoReadings) {
  keep_at(10);
  book(cgroup(7), sent(4000));
  end(7);
  const auto samples = keep_at(11);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_EQ(row(samples, "/7")->delta, sent(4000));
  EXPECT_EQ(row(samples, "/7")->state, SampleState::exited);
  EXPECT_EQ(row(keep_at(12), "/7"), nullptr);
}

TEST_F(SamplerTest, WritesALastRowOfNoTrafficAndOnlyOne) {
  book(cgroup(7), sent(4000));
  keep_at(10);
  end(7);
  const auto samples = keep_at(11);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_TRUE(row(samples, "/7")->delta.empty());
  EXPECT_EQ(row(samples, "/7")->totals, sent(4000));
  EXPECT_EQ(row(samples, "/7")->state, SampleState::exited);
  EXPECT_EQ(row(keep_at(12), "/7"), nullptr);
}

TEST_F(SamplerTest, WritesNoLastRowOfAnAccountThatHadEndedBeforeTheBase) {
  book(cgroup(7), sent(4000));
  end(7);
  keep_at(10);
  EXPECT_EQ(row(keep_at(11), "/7"), nullptr);
}

TEST_F(SamplerTest, WritesNoLastRowOfAnAccountThatNeverMovedAnything) {
  book(cgroup(7), {});
  keep_at(10);
  end(7);
  EXPECT_EQ(row(keep_at(11), "/7"), nullptr);
}

TEST_F(SamplerTest, WritesLateTrafficExactlyAndAsExited) {
  book(cgroup(7), sent(4000));
  end(7);
  keep_at(10);
  book(cgroup(7), sent(5000));
  const auto samples = keep_at(11);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_EQ(row(samples, "/7")->delta, sent(1000));
  EXPECT_EQ(row(samples, "/7")->state, SampleState::exited);
  EXPECT_EQ(row(keep_at(12), "/7"), nullptr);
}

TEST_F(SamplerTest, WritesALastRowOnEachInterface) {
  book(cgroup(7), sent(4000), kEth);
  book(cgroup(7), sent(4000), kLo);
  keep_at(10);
  end(7);
  const auto samples = keep_at(11);
  EXPECT_NE(row(samples, "/7", "eth0"), nullptr);
  EXPECT_NE(row(samples, "/7", "lo"), nullptr);
}

TEST_F(SamplerTest, CoversTheWholeGapAfterARowThatWasNotKept) {
  book(cgroup(7), sent(1000));
  keep_at(10);
  book(cgroup(7), sent(2000));
  ASSERT_EQ(row(take_at(11), "/7")->delta, sent(1000));
  book(cgroup(7), sent(6000));
  const auto samples = keep_at(12);
  EXPECT_EQ(row(samples, "/7")->delta, sent(5000));
  EXPECT_EQ(row(samples, "/7")->interval, std::chrono::seconds{2});
}

TEST_F(SamplerTest, WritesALastRowAgainThatWasNotKept) {
  book(cgroup(7), sent(1000));
  keep_at(10);
  end(7);
  ASSERT_NE(row(take_at(11), "/7"), nullptr);
  EXPECT_NE(row(keep_at(12), "/7"), nullptr);
  EXPECT_EQ(row(keep_at(13), "/7"), nullptr);
}

TEST_F(SamplerTest, SaysResetOfEveryAccountOfANewLedger) {
  book(cgroup(7), sent(5000));
  book(cgroup(8), sent(5000));
  keep_at(10);
  new_ledger("second");
  book(cgroup(7), sent(9000));
  book(cgroup(9), sent(1000));
  const auto samples = keep_at(11);
  for (const auto& [account, bytes] : {std::pair{"/7", 9000U}, std::pair{"/9", 1000U}}) {
    const Sample* sample = row(samples, account);
    ASSERT_NE(sample, nullptr) << account;
    EXPECT_EQ(sample->state, SampleState::reset);
    EXPECT_EQ(sample->delta, sent(bytes)) << "since zero, not since the old total";
    EXPECT_EQ(sample->ledger, "second");
  }
  EXPECT_EQ(row(samples, "/8"), nullptr) << "not in the new ledger";
  EXPECT_EQ(row(samples, "(kernel)")->state, SampleState::reset);
  EXPECT_EQ(row(keep_at(12), "(kernel)")->state, SampleState::live);
}

TEST_F(SamplerTest, SaysResetWhereTotalsWentBackwardsAndCountsFromZero) {
  book(cgroup(7), sent(317'669'466));
  keep_at(10);
  book(cgroup(7), sent(692'608));
  const auto samples = keep_at(68);
  EXPECT_EQ(row(samples, "/7")->state, SampleState::reset);
  EXPECT_EQ(row(samples, "/7")->delta, sent(692'608));
}

TEST_F(SamplerTest, WritesTheEndAfterAResetInARowOfItsOwn) {
  book(cgroup(7), sent(5000));
  keep_at(10);
  book(cgroup(7), sent(1000));
  end(7);
  EXPECT_EQ(row(keep_at(11), "/7")->state, SampleState::reset);
  const auto samples = keep_at(12);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_EQ(row(samples, "/7")->state, SampleState::exited);
  EXPECT_TRUE(row(samples, "/7")->delta.empty());
}

TEST_F(SamplerTest, NeverShowsRetiringAsTraffic) {
  const Account retired = reason(AccountKind::retired);
  book(retired, sent(1000));
  keep_at(10);
  book(retired, sent(9000));
  const auto samples = keep_at(11);
  ASSERT_NE(row(samples, "(retired)"), nullptr);
  EXPECT_TRUE(row(samples, "(retired)")->delta.empty());
  EXPECT_EQ(row(samples, "(retired)")->totals, sent(9000));
  EXPECT_EQ(row(samples, "(retired)")->state, SampleState::exited);
  EXPECT_EQ(row(keep_at(12), "(retired)"), nullptr);
}

TEST_F(SamplerTest, DoesNotCountAnAccountTwiceThatWasMissingInOneReading) {
  book(cgroup(7), sent(5000));
  keep_at(10);
  ledger_.erase({kEth, cgroup(7)});
  EXPECT_EQ(row(keep_at(11), "/7"), nullptr);
  book(cgroup(7), sent(6000));
  EXPECT_EQ(row(keep_at(12), "/7")->delta, sent(1000));
}

TEST_F(SamplerTest, SaysResetWhereAnInterfaceOfTheSameNameBeginsAgain) {
  constexpr InterfaceKey kReplugged{3};
  book(cgroup(7), sent(5000));
  book(cgroup(7), sent(100), kLo);
  keep_at(10);
  const auto take = [&](std::int64_t seconds) {
    Reading reading{.taken = second(seconds),
                    .ledger = ledger_name_,
                    .accounts = {{kEth, cgroup(7), sent(5000)},
                                 {kReplugged, cgroup(7), sent(300)},
                                 {kReplugged, cgroup(8), sent(40)}},
                    .attached = std::vector{kReplugged}};
    auto samples = sampler_.process(
        reading,
        [](std::uint64_t id) {
          return AccountName{.path = "/" + std::to_string(id), .ended = false};
        },
        [](InterfaceKey key) { return key == kLo ? "lo" : "eth0"; });
    sampler_.commit();
    return samples;
  };
  const auto samples = take(11);
  ASSERT_NE(row(samples, "/7"), nullptr);
  EXPECT_EQ(row(samples, "/7")->state, SampleState::reset);
  EXPECT_EQ(row(samples, "/7")->delta, sent(300));
  ASSERT_NE(row(samples, "/8"), nullptr);
  EXPECT_EQ(row(samples, "/8")->state, SampleState::live);  // was never on the earlier eth0
  EXPECT_EQ(row(take(12), "/7"), nullptr);
}

TEST_F(SamplerTest, SaysResetInTheFirstRowOfTheKernelWhoseInterfaceWasThereBeforeItWasCounted) {
  constexpr Account kKernelRow{.kind = AccountKind::kernel, .cgroup_id = 0};
  constexpr InterfaceKey kReplugged{3};
  const auto take = [&](std::int64_t seconds, std::vector<AccountTotals> accounts,
                        std::vector<InterfaceKey> attached) {
    auto samples = sampler_.process(
        {.taken = second(seconds),
         .ledger = ledger_name_,
         .accounts = std::move(accounts),
         .attached = std::move(attached)},
        [](std::uint64_t) { return AccountName{}; }, [](InterfaceKey) { return "eth0"; });
    sampler_.commit();
    return samples;
  };
  const AccountTotals before{kEth, kKernelRow, sent(5000)};
  take(10, {before}, {kEth});
  EXPECT_EQ(row(take(11, {before, {kReplugged, kKernelRow, {}}}, {}), "(kernel)"), nullptr);
  const auto again = take(12, {before, {kReplugged, kKernelRow, {}}}, {kReplugged});
  ASSERT_NE(row(again, "(kernel)"), nullptr);
  EXPECT_EQ(row(again, "(kernel)")->state, SampleState::reset);
  EXPECT_EQ(row(take(13, {before, {kReplugged, kKernelRow, {}}}, {kReplugged}), "(kernel)")->state,
            SampleState::live);
}

TEST_F(SamplerTest, SaysResetInTheFirstRowOfAReasonThatWasThereAtZeroBefore) {
  constexpr Account kNotIp{.kind = AccountKind::not_ip, .cgroup_id = 0};
  constexpr InterfaceKey kLoAgain{3};  // every key but kEth is called lo here
  book(kNotIp, sent(40), kLo);
  keep_at(10);
  book(kNotIp, {}, kLoAgain);
  EXPECT_EQ(row(keep_at(11), "(not ip)", "lo"), nullptr);
  book(kNotIp, sent(40), kLoAgain);
  const auto samples = keep_at(12);
  ASSERT_NE(row(samples, "(not ip)", "lo"), nullptr);
  EXPECT_EQ(row(samples, "(not ip)", "lo")->state, SampleState::reset);
  EXPECT_EQ(row(samples, "(not ip)", "lo")->delta, sent(40));
  book(kNotIp, sent(90), kLoAgain);
  EXPECT_EQ(row(keep_at(13), "(not ip)", "lo")->state, SampleState::live);
}

// One path, destroyed and created again 50 times: each life is its own account.
TEST_F(SamplerTest, SumsTheLivesOfOnePathToWhatWasSent) {
  keep_at(0);
  Traffic sum;
  for (std::uint64_t life = 1; life <= 50; ++life) {
    book(cgroup(life), sent(1000 * life));
    if (life > 1) end(life - 1);
    for (const Sample& sample : keep_at(static_cast<std::int64_t>(life))) {
      EXPECT_NE(sample.state, SampleState::reset);
      EXPECT_LE(sample.delta.tx_bytes, Bytes{1000 * life});
      sum += sample.delta;
    }
  }
  EXPECT_EQ(sum, sent(1000 * 50 * 51 / 2));
}

TEST(SamplerNames, ASampleOfACgroupHasItsContainersNameAndTheFoldedAccountHasNone) {
  Sampler sampler("host");
  const auto take = [&sampler](std::int64_t seconds, std::uint64_t bytes) {
    Reading reading{
        .taken = second(seconds), .ledger = "l", .accounts = {}, .attached = std::vector{kEth}};
    Traffic traffic;
    traffic.tx_bytes = Bytes{bytes};
    for (const AccountKind kind : {AccountKind::cgroup, AccountKind::folded}) {
      reading.accounts.push_back(
          {.iface = kEth, .account = {.kind = kind, .cgroup_id = 7}, .totals = traffic});
    }
    auto samples = sampler.process(
        reading,
        [](std::uint64_t) {
          return AccountName{
              .path = "/pod",
              .owner = {.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"}};
        },
        [](InterfaceKey) { return "eth0"; });
    sampler.commit();
    return samples;
  };
  EXPECT_TRUE(take(1, 10).empty());
  std::string rows;
  for (const Sample& sample : take(2, 20)) {
    rows += sample.account.str() + " " + sample.container.str() + " " + sample.pod.str() + " " +
            sample.k8s_namespace.str() + "; ";
  }
  EXPECT_EQ(rows, "/pod app api-7c9f shop; (kernel)   ; /pod/(folded)   ; ");
}

}  // namespace
}  // namespace cgtally
