// SPDX-License-Identifier: Apache-2.0
// A minute of traffic by the second: nothing is lost or invented, whatever the interval is.
#include "core/screen/history.h"

#include <gtest/gtest.h>

#include <numeric>

namespace cgtally::screen {
namespace {

using namespace std::chrono_literals;

MinuteHistory::Seconds tx_of(const MinuteHistory& history, Nanoseconds now) {
  PerDirection<MinuteHistory::Seconds> sums{};
  history.add_to(sums, now);
  return sums.tx;
}

double sum(const MinuteHistory::Seconds& seconds) {
  return std::accumulate(seconds.begin(), seconds.end(), 0.0);
}

TEST(MinuteHistory, KeepsEachSecondOfAMinuteAndForgetsWhatIsOlder) {
  MinuteHistory history;
  for (int i = 1; i <= 90; ++i) {
    history.add({{0}, {0}, {static_cast<std::uint64_t>(i)}, {0}}, 1s, i * 1s);
  }
  const auto seconds = tx_of(history, 90s);
  EXPECT_DOUBLE_EQ(seconds.front(), 31);
  EXPECT_DOUBLE_EQ(seconds.back(), 90);
  EXPECT_DOUBLE_EQ(tx_of(history, 92s).back(), 0) << "silence is no second of before";
}

TEST(MinuteHistory, SpreadsALongIntervalAndJoinsShortOnes) {
  MinuteHistory slow;
  slow.add({{0}, {0}, {1000}, {0}}, 10s, 20s);
  auto seconds = tx_of(slow, 20s);
  EXPECT_DOUBLE_EQ(seconds.at(50), 100);
  EXPECT_DOUBLE_EQ(seconds.at(49), 0);
  EXPECT_DOUBLE_EQ(sum(seconds), 1000);
  MinuteHistory quick;
  for (int i = 1; i <= 300; ++i) quick.add({{0}, {0}, {10}, {0}}, 100ms, i * 100ms);
  seconds = tx_of(quick, 30s);
  EXPECT_NEAR(sum(seconds), 3000, 1e-6);
  EXPECT_NEAR(seconds.back(), 100, 1e-6);
}

TEST(Chart, ShowsTheLeastByteAndFillsAllLinesWithTheMost) {
  EXPECT_EQ(chart({0, 1, 50, 100}, 1, false), std::vector<std::string>{" .:#"});
  EXPECT_EQ(chart({0, 1, 50, 100}, 1, true), std::vector<std::string>{" ▁▄█"});
  EXPECT_EQ(chart({100, 50}, 2, true), (std::vector<std::string>{"█ ", "██"}));
  EXPECT_EQ(chart({0, 0}, 1, true), std::vector<std::string>{"  "});
}

}  // namespace
}  // namespace cgtally::screen
