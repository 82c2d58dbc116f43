// SPDX-License-Identifier: Apache-2.0
// A recording to walk along: no byte is lost where rows are added up, and a moment is the same
// whichever way one comes to it.
#include "core/screen/timeline.h"

#include <gtest/gtest.h>

#include <numeric>

#include "unit/core/screen/shown.h"

namespace cgtally::screen {
namespace {

using namespace std::chrono_literals;

Sample at(Nanoseconds wall, const std::string& account, std::uint64_t bytes,
          const std::string& host = "node-a") {
  Sample sample = sample_of(account, 0, bytes * 8, 1, 0);
  sample.taken = {.boot = wall, .wall = wall};
  sample.host = host;
  return sample;
}

std::uint64_t bytes_in(const Timeline& timeline) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < timeline.size(); ++i) {
    for (const Sample& sample : timeline.samples_of(i)) sum += sample.delta.tx_bytes.value;
  }
  return sum;
}

TEST(Timeline, AMomentIsAnIntervalOfTheRecordingWhateverTheJitter) {
  Timeline timeline;
  for (int i = 0; i < 100; ++i) {
    const Nanoseconds jitter = (i % 3 - 1) * 2ms;
    timeline.add(at(1000s + i * 1s + jitter, "/a", 100));
    timeline.add(at(1000s + i * 1s + jitter, "/b", 1));
  }
  timeline.finish();
  EXPECT_EQ(timeline.size(), 100U);
  EXPECT_EQ(timeline.step(), 1s);
  EXPECT_EQ(timeline.samples_of(7).size(), 2U);
  EXPECT_EQ(bytes_in(timeline), 10'100U);
  EXPECT_EQ(timeline.moment_at(1050s + 500ms), 50U);
  EXPECT_EQ(timeline.moment_at(0s), 0U);
  const auto traffic = timeline.traffic(10);
  EXPECT_DOUBLE_EQ(std::accumulate(traffic.begin(), traffic.end(), 0.0), 10'100);
  EXPECT_EQ(timeline.hosts(), "node-a");
}

TEST(Timeline, WhatAHostMovedBeforeTheOthersFirstRowIsAtTheBeginning) {
  Timeline timeline;
  for (int i = 0; i < 4; ++i) {
    timeline.add(at(1000s + i * 1s, "/b", i == 0 ? 100 : 0, "node-b"));
    timeline.add(at(1000s + 300ms + i * 1s, "/a", 1));
  }
  timeline.finish();
  const auto traffic = timeline.traffic(80);
  EXPECT_DOUBLE_EQ(traffic.front(), 101);
  EXPECT_DOUBLE_EQ(traffic.back(), 0);
  EXPECT_DOUBLE_EQ(std::accumulate(traffic.begin(), traffic.end(), 0.0), 104);
}

TEST(Timeline, TooManyRowsAreAddedUpAndNoByteIsLost) {
  Timeline timeline(1000);
  for (int i = 0; i < 5000; ++i) timeline.add(at(1000s + i * 1s, "/a", 7));
  timeline.finish();
  EXPECT_LE(timeline.size(), 1000U);
  EXPECT_GE(timeline.step(), 5s);
  EXPECT_EQ(bytes_in(timeline), 35'000U);
}

// A longer step has no fewer rows then: it was doubled until it overflowed.
TEST(Timeline, MoreAccountsThanRowsAreAllKept) {
  Timeline timeline(10);
  for (int i = 0; i < 100; ++i) {
    timeline.add(at(1000s + i * 1ms, "/pod" + std::to_string(i), 7));
  }
  timeline.finish();
  EXPECT_EQ(timeline.size(), 1U);
  EXPECT_EQ(timeline.samples_of(0).size(), 100U);
  EXPECT_EQ(bytes_in(timeline), 700U);
}

TEST(Timeline, HostsAreSideBySideWithTheirNames) {
  Timeline timeline;
  timeline.add(at(1000s, "/a", 1, "node-a"));
  timeline.add(at(1001s, "/a", 1, "node-a"));
  timeline.add(at(1000s + 100ms, "/a", 5, "node-b"));
  timeline.finish();
  ASSERT_EQ(timeline.size(), 2U);
  EXPECT_EQ(timeline.samples_of(0).at(1).iface, "node-b ens5");
  EXPECT_EQ(timeline.hosts(), "2 hosts");
}

std::uint64_t total_of(const TimelineReader& reader, const std::string& account) {
  return reader.book().entries().at(account).interfaces.at("ens5").totals.tx_bytes.value;
}

TEST(TimelineReader, AMomentIsTheSameWhicheverWayOneComes) {
  Timeline timeline;
  for (int i = 0; i < 5000; ++i) timeline.add(at(1000s + i * 1s, "/a", 3));
  timeline.finish();
  TimelineReader there(timeline);
  EXPECT_EQ(total_of(there, "/a"), 0U) << "the first row's total, which is the recording's";
  there.go_to(4999);
  EXPECT_EQ(total_of(there, "/a"), 4999U * 3);
  there.go_to(2500);
  EXPECT_EQ(there.moment(), 2500U);
  EXPECT_EQ(total_of(there, "/a"), 2500U * 3);
  there.go_to(2501);
  EXPECT_EQ(total_of(there, "/a"), 2501U * 3);
  there.go_to(0);
  EXPECT_EQ(total_of(there, "/a"), 0U);
  there.go_to(2048);
  EXPECT_EQ(total_of(there, "/a"), 2048U * 3);
  there.go_to(1'000'000);
  EXPECT_EQ(there.moment(), 4999U);
}

}  // namespace
}  // namespace cgtally::screen
