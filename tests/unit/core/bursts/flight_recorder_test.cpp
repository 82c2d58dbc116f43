// SPDX-License-Identifier: Apache-2.0
// A dump has all windows around a burst, marks those that are not known, and stays within its
// bounds.
#include "core/bursts/flight_recorder.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kBegin = 100'000;  // the first window_index that is watched

TrafficWindow filled(std::uint64_t window_index, std::uint64_t bytes = 100) {
  return {
      .window_index = window_index, .bytes = {bytes}, .packets = {1}, .error = {}, .shares = {}};
}

Burst burst(std::uint64_t first, std::uint64_t last) {
  Burst burst;
  burst.first = first;
  burst.last = last;
  burst.window = 1ms;
  return burst;
}

ExplainedBurst explained(std::optional<std::uint64_t> exceeded, std::uint64_t peak_bytes = 0) {
  ExplainedBurst one;
  one.burst = burst(1, 1);
  one.burst.peak = {peak_bytes};
  one.exceeded = exceeded;
  return one;
}

class FlightRecorderTest : public testing::Test {
 protected:
  // Each window up to `through` has traffic, in both directions.
  void fly(std::uint64_t through, const std::vector<Burst>& tx_ended = {},
           std::optional<std::uint64_t> tx_open = {},
           const std::optional<MissedWindows>& tx_missed = {}) {
    std::vector<TrafficWindow> windows;
    for (std::uint64_t window_index = next_; window_index <= through; ++window_index)
      windows.push_back(filled(window_index));
    recorder_.add(Direction::rx,
                  {.windows = windows, .from = next_, .through = through, .missed = {}}, {}, {});
    recorder_.add(Direction::tx,
                  {.windows = windows, .from = next_, .through = through, .missed = tx_missed},
                  tx_ended, tx_open);
    next_ = through + 1;
  }
  void want(const Burst& burst) { recorder_.decide(Direction::tx, burst, true, 5s); }

  std::uint64_t next_ = kBegin;
  FlightRecorder recorder_{"eth0", 1ms};
};

const WindowExtract& tx(const FlightDump& dump) { return dump.extracts.tx; }
const WindowExtract& rx(const FlightDump& dump) { return dump.extracts.rx; }

TEST_F(FlightRecorderTest, ADumpHasASecondBeforeAndAfterInBothDirections) {
  const Burst one = burst(kBegin + 3000, kBegin + 3004);
  fly(kBegin + 3050, {one});
  want(one);
  fly(kBegin + 4003);
  EXPECT_TRUE(recorder_.pop_complete().empty());  // the last window is open
  fly(kBegin + 4004);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(dumps[0].iface, "eth0");
  EXPECT_EQ(dumps[0].direction, Direction::tx);
  EXPECT_EQ(dumps[0].start, 103'000ms);
  EXPECT_EQ(dumps[0].wall_ahead, 5s);
  EXPECT_EQ(dumps[0].range, (WindowRange{kBegin + 2000, kBegin + 4005}));
  for (const WindowExtract& extract : {rx(dumps[0]), tx(dumps[0])}) {
    EXPECT_EQ(extract.windows.size(), 2005U);
    EXPECT_EQ(extract.windows.front().window_index, kBegin + 2000);
    EXPECT_EQ(extract.windows.back().window_index, kBegin + 4004);
    EXPECT_TRUE(extract.unknown.empty());
  }
  EXPECT_EQ(tx(dumps[0]).bursts, (std::vector<WindowRange>{{kBegin + 3000, kBegin + 3005}}));
  EXPECT_TRUE(rx(dumps[0]).bursts.empty());
  EXPECT_TRUE(recorder_.pop_complete().empty());
}

TEST_F(FlightRecorderTest, ADecisionThatComesLateFindsAllWindows) {
  const Burst one = burst(kBegin + 3000, kBegin + 3004);
  fly(kBegin + 3050, {one});
  for (std::uint64_t through = kBegin + 3100; through <= kBegin + 7000; through += 50) fly(through);
  want(one);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).windows.size(), 2005U);
  EXPECT_TRUE(tx(dumps[0]).unknown.empty());
}

TEST_F(FlightRecorderTest, ABurstOfManySecondsIsThereFromItsBeginning) {
  for (std::uint64_t through = kBegin + 3050; through < kBegin + 20'000; through += 50) {
    fly(through, {}, through < kBegin + 4000 ? std::nullopt : std::optional(kBegin + 3950));
  }
  const Burst one = burst(kBegin + 3950, kBegin + 20'000);
  fly(kBegin + 20'020, {one});
  want(one);
  fly(kBegin + 21'001);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).windows.size(), 18'051U);
  EXPECT_TRUE(tx(dumps[0]).unknown.empty());
}

TEST_F(FlightRecorderTest, WindowsOfALongBurstThatAreNotKeptAreMarkedAsUnknown) {
  fly(kBegin + 3000);
  const std::uint64_t end = kBegin + 90'000;
  for (std::uint64_t through = kBegin + 3500; through <= end; through += 500) {
    fly(through, {}, kBegin + 3001);
  }
  const Burst one = burst(kBegin + 3001, end);
  fly(end + 1000, {one});
  want(one);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).windows.size(), FlightRecorder::kMostWindows);
  EXPECT_EQ(tx(dumps[0]).windows.back().window_index, end + 1000);
  ASSERT_EQ(tx(dumps[0]).unknown.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).unknown[0].range,
            (WindowRange{kBegin + 2001, end + 1001 - FlightRecorder::kMostWindows}));
}

TEST_F(FlightRecorderTest, WindowsThatWereNotReadAreMarkedAsUnknown) {
  const Burst one = burst(kBegin + 200, kBegin + 201);
  fly(kBegin + 250, {one});
  want(one);
  EXPECT_TRUE(recorder_.pop_complete().empty());
  const auto dumps = recorder_.finish();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).windows.size(), 251U);
  ASSERT_EQ(tx(dumps[0]).unknown.size(), 2U);
  EXPECT_EQ(tx(dumps[0]).unknown[0].range, (WindowRange{kBegin - 800, kBegin}));
  EXPECT_EQ(tx(dumps[0]).unknown[1].range, (WindowRange{kBegin + 251, kBegin + 1202}));
  EXPECT_FALSE(tx(dumps[0]).unknown[0].bytes);
  EXPECT_TRUE(recorder_.finish().empty());
}

TEST_F(FlightRecorderTest, MissedWindowsAreMarkedWithTheirBytes) {
  const Burst one = burst(kBegin + 3000, kBegin + 3001);
  fly(kBegin + 3050, {one}, {},
      MissedWindows{.from = kBegin + 3010, .to = kBegin + 3020, .bytes = {777}, .packets = {7}});
  want(one);
  fly(kBegin + 4001);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  ASSERT_EQ(tx(dumps[0]).unknown.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).unknown[0].range, (WindowRange{kBegin + 3010, kBegin + 3020}));
  EXPECT_EQ(tx(dumps[0]).unknown[0].bytes, Bytes{777});
  EXPECT_EQ(tx(dumps[0]).unknown[0].packets, Packets{7});
  EXPECT_TRUE(rx(dumps[0]).unknown.empty());
}

TEST_F(FlightRecorderTest, AWindowThatACpuWasLateForIsWhole) {
  const Burst one = burst(kBegin + 3000, kBegin + 3001);
  fly(kBegin + 3050, {}, kBegin + 3000);
  TrafficWindow rest = filled(kBegin + 3000, 40);
  rest.error = {40};
  const std::vector<TrafficWindow> late{rest};
  recorder_.add(Direction::tx, {.windows = late, .from = next_, .through = next_ - 1, .missed = {}},
                {one}, {});
  want(one);
  fly(kBegin + 4001);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  const TrafficWindow& whole = tx(dumps[0]).windows[1000];
  EXPECT_EQ(whole.window_index, kBegin + 3000);
  EXPECT_EQ(whole.bytes, Bytes{140});
  EXPECT_EQ(whole.packets, Packets{2});
  EXPECT_EQ(whole.error, Bytes{40});
  EXPECT_EQ(tx(dumps[0]).windows.size(), 2002U);
}

TEST_F(FlightRecorderTest, ABurstThatComesWhileADumpIsUnderWayMakesItLonger) {
  const Burst one = burst(kBegin + 3000, kBegin + 3001);
  const Burst other = burst(kBegin + 3990, kBegin + 4501);
  fly(kBegin + 3900, {one});
  want(one);
  fly(kBegin + 4520, {other});
  EXPECT_TRUE(recorder_.pop_complete().empty());  // the other may still be wanted
  want(other);
  EXPECT_TRUE(recorder_.pop_complete().empty());
  fly(kBegin + 5501);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(dumps[0].start, 103'000ms);
  EXPECT_EQ(dumps[0].range, (WindowRange{kBegin + 2000, kBegin + 5502}));
  EXPECT_EQ(tx(dumps[0]).windows.size(), 3502U);
  EXPECT_EQ(tx(dumps[0]).bursts.size(), 2U);
}

TEST_F(FlightRecorderTest, ABurstThatIsNotWantedEndsTheWaitAndMakesNothingLonger) {
  const Burst one = burst(kBegin + 3000, kBegin + 3001);
  const Burst other = burst(kBegin + 3500, kBegin + 3501);
  fly(kBegin + 4200, {one, other});
  want(one);
  EXPECT_TRUE(recorder_.pop_complete().empty());
  recorder_.decide(Direction::tx, other, false, 5s);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  EXPECT_EQ(dumps[0].range.count(), 2002U);
  EXPECT_EQ(tx(dumps[0]).bursts.size(), 2U);  // it is shown all the same
  EXPECT_TRUE(recorder_.finish().empty());
}

TEST_F(FlightRecorderTest, NoDumpOfBurstsInARowIsLongerThanItsLimit) {
  std::vector<FlightDump> dumps;
  for (std::uint64_t at = kBegin + 3000; at < kBegin + 60'000; at += 100) {
    const Burst one = burst(at, at + 1);
    fly(at + 99, {one});
    want(one);
    for (FlightDump& dump : recorder_.pop_complete()) dumps.push_back(std::move(dump));
  }
  for (FlightDump& dump : recorder_.finish()) dumps.push_back(std::move(dump));
  EXPECT_GE(dumps.size(), 5U);
  EXPECT_LE(dumps.size(), 8U);
  std::uint64_t covered = dumps.front().range.from;
  for (const FlightDump& dump : dumps) {
    EXPECT_LE(dump.range.count(), 10'000U);
    EXPECT_LE(dump.range.from, covered);  // each begins before the one before it ends
    covered = std::max(covered, dump.range.to);
  }
  EXPECT_EQ(covered, kBegin + 59'900 + 2 + 1000);
}

TEST_F(FlightRecorderTest, AnInterfaceThatGoesLeavesItsDumpAndTheTimeWithoutItIsSaid) {
  const Burst one = burst(kBegin + 3000, kBegin + 3001);
  fly(kBegin + 3010, {}, kBegin + 3000);
  recorder_.pause(Direction::rx, {});
  recorder_.pause(Direction::tx, {one});
  EXPECT_TRUE(recorder_.pop_complete().empty());
  want(one);
  const auto gone = recorder_.pop_complete();
  ASSERT_EQ(gone.size(), 1U);
  ASSERT_EQ(tx(gone[0]).unknown.size(), 1U);
  EXPECT_EQ(tx(gone[0]).unknown[0].range, (WindowRange{kBegin + 3011, kBegin + 4002}));
  next_ = kBegin + 3400;  // it is back
  const Burst other = burst(kBegin + 3500, kBegin + 3501);
  fly(kBegin + 4501, {other});
  want(other);
  const auto dumps = recorder_.pop_complete();
  ASSERT_EQ(dumps.size(), 1U);
  ASSERT_EQ(tx(dumps[0]).unknown.size(), 1U);
  EXPECT_EQ(tx(dumps[0]).unknown[0].range, (WindowRange{kBegin + 3011, kBegin + 3400}));
}

TEST(DumpRule, WantsWhatMovedACounterAndWhatIsOverTheRate) {
  const DumpRule plain{.over = std::nullopt};
  EXPECT_TRUE(plain.wants(explained(3)));
  EXPECT_FALSE(plain.wants(explained(0, 1'000'000)));
  EXPECT_TRUE(plain.wants(explained(std::nullopt)));  // nobody can tell
  const DumpRule over{.over = BitRate{80'000'000}};   // 10 000 bytes in a window
  EXPECT_TRUE(over.wants(explained(3)));
  EXPECT_TRUE(over.wants(explained(0, 10'000)));
  EXPECT_FALSE(over.wants(explained(0, 9'999)));
  EXPECT_TRUE(over.wants(explained(std::nullopt, 10'000)));
  EXPECT_FALSE(over.wants(explained(std::nullopt, 9'999)));
}

}  // namespace
}  // namespace cgtally
