// SPDX-License-Identifier: Apache-2.0
// What counting costs, in words.
#include "core/traffic/ledger_summary.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

CountingCost cost() {
  return {
      .runs = 30'000, .time = 30'000 * 187ns, .statistics = 31ns, .measured = 1500ms, .cpus = 2};
}

TEST(CountingCost, IsAPacketsTimeAndAShareOfACpuMeanwhile) {
  EXPECT_EQ(
      cost_words(cost()),
      (Words{"187 ns per packet or super-packet, 0.37 % of a CPU: measured on 30 000 in 1.50 s",
             "without the 31 ns that measuring takes of each"}));
}

TEST(CountingCost, SaysThatMeasuringIsInItWhereThatCouldNotBeTold) {
  CountingCost with = cost();
  with.statistics.reset();
  EXPECT_EQ(cost_words(with).at(1), "with what measuring itself takes, which could not be told");
}

TEST(CountingCost, OfAQuietHostIsNearlyNothing) {
  CountingCost quiet = cost();
  quiet.measured = 10min;
  EXPECT_TRUE(cost_words(quiet).front().contains(", less than 0.01 % of a CPU:"));
}

TEST(CountingCost, OverItsBudgetSaysSo) {
  CountingCost busy = cost();
  busy.measured = busy.time * 25;  // 4 % of one of two CPUs
  EXPECT_EQ(cost_words(busy).size(), 2U);
  busy.measured -= 1ms;
  EXPECT_EQ(cost_words(busy).at(2), "OVER the budget of 2 % of all 2 CPUs: count less, by -i NAME");
}

}  // namespace
}  // namespace cgtally
