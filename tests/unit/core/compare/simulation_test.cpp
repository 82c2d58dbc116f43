// SPDX-License-Identifier: Apache-2.0
// The promises of `compare` about chance, over random runs with the seeds 1 to 100: nothing is
// reported of a complete mirror, and what is missing is found, with its size and its ends.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/compare/compare.h"
#include "unit/core/compare/simulated_mirror.h"

namespace cgtally::compare {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kRuns = 100;

CompareReport compared(Series series, double share) {
  auto report = compare(std::move(series), {.share = share});
  EXPECT_TRUE(report);
  return *std::move(report);
}

// The seeds of the runs in which something is missing, or more than expected.
std::vector<std::uint64_t> reported(SimulatedService service) {
  std::vector<std::uint64_t> seeds;
  for (service.seed = 1; service.seed <= kRuns; ++service.seed) {
    const CompareReport report = compared(simulate(service).series, service.share);
    if (!report.complete() || report.more) seeds.push_back(service.seed);
  }
  fmt::print("seeds 1 to {}: {} runs reported\n", kRuns, seeds.size());
  return seeds;
}

const std::vector<std::uint64_t> kNone;

double gap(double begin, double end) {
  return std::max(0.0, std::min(end, 151.9) - std::max(begin, 150.4));
}

void expect_ends_of_the_gap(const CompareReport& report) {
  EXPECT_EQ(report.lost->stretches, 1U);
  EXPECT_LE(std::chrono::abs(report.lost->begin - 150'400ms), 1s);
  EXPECT_LE(std::chrono::abs(report.lost->end - 151'900ms), 1s);
}

TEST(CompareSimulationTest, ReportsNothingOfATenthThatIsComplete) {
  EXPECT_EQ(reported({.rate = 1'000}), kNone);
  EXPECT_EQ(reported({.rate = 60}), kNone);
}

TEST(CompareSimulationTest, ReportsTwoPercentThatAreMissing) {
  const auto two_percent = [](double, double) { return 0.02; };
  EXPECT_GE(reported({.rate = 3'000, .lost = two_percent}).size(), 95U);
}

TEST(CompareSimulationTest, ReportsNothingOfAWholeMirrorThatIsComplete) {
  EXPECT_EQ(reported({.rate = 1'000, .share = 1}), kNone);
  EXPECT_EQ(reported({.rate = 100, .share = 1, .delay_s = 0.05}), kNone);
}

TEST(CompareSimulationTest, ReportsNothingOfKeptAliveRequestsInMorePackets) {
  SimulatedService service{
      .rate = 500, .packets_of_original = 1.2, .packets_of_mirror = 1.5, .keeps_alive = true};
  EXPECT_EQ(reported(service), kNone);
  service.share = 1;
  EXPECT_EQ(reported(service), kNone);
}

TEST(CompareSimulationTest, ReportsNothingOfKeptAliveRequestsInFewerPackets) {
  EXPECT_EQ(reported({.rate = 500, .packets_of_original = 1.4, .keeps_alive = true}), kNone);
}

TEST(CompareSimulationTest, FindsAGapInAWholeMirrorWithItsSizeAndItsEnds) {
  for (const double rate : {100.0, 1'000.0}) {
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
      SCOPED_TRACE(fmt::format("seed {}, {} requests a second", seed, rate));
      const SimulatedRun run = simulate({.seed = seed, .rate = rate, .share = 1, .lost = gap});
      const CompareReport report = compared(run.series, 1);
      ASSERT_TRUE(report.lost);
      expect_ends_of_the_gap(report);
      EXPECT_NEAR(report.lost->missing, run.lost, 0.02 * run.lost);
    }
  }
}

TEST(CompareSimulationTest, FindsAGapInATenthWithItsEndsAndBoundsOfItsSize) {
  int within = 0;
  for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const SimulatedRun run = simulate({.seed = seed, .rate = 1'500, .lost = gap});
    const CompareReport report = compared(run.series, 0.1);
    ASSERT_TRUE(report.lost);
    expect_ends_of_the_gap(report);
    within += run.lost >= report.lost->low && run.lost <= report.lost->high ? 1 : 0;
  }
  EXPECT_GE(within, 97);
}

}  // namespace
}  // namespace cgtally::compare
