// SPDX-License-Identifier: Apache-2.0
// Rows of hosts that read at different moments become one series, in which lives and pods are
// summed up and nothing is counted twice.
#include "core/compare/series_builder.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "core/compare/compare.h"
#include "unit/core/compare/simulated_mirror.h"

namespace cgtally::compare {
namespace {

using namespace std::chrono_literals;

struct RowOf {
  Nanoseconds at{};
  std::string container;
  std::uint64_t connections = 0;
  std::uint64_t id = 7;
  std::string host = "a";
  Nanoseconds interval = 1s;
  SampleState state = SampleState::live;
  std::string pod = "";
};

// A connection has one packet with 100 bytes of payload, and three without.
Sample row_of(const RowOf& row) {
  Sample sample{.taken = {.boot = row.at, .wall = row.at},
                .interval = row.interval,
                .host = row.host,
                .ledger = "first",
                .iface = "eth0",
                .cgroup_id = row.id,
                .account = fmt::format("/{}", row.id),
                .container = row.container,
                .pod = row.pod,
                .k8s_namespace = "",
                .state = row.state,
                .totals = {},
                .delta = {}};
  sample.delta.rx_bytes.value = row.connections * (4 * 66 + 100);
  sample.delta.rx_packets.value = row.connections * 4;
  sample.delta.tcp.rx_connections = row.connections;
  sample.delta.tcp.rx_without_data.value = row.connections * 3;
  return sample;
}

Sample kernel_row(Nanoseconds at, const std::string& host = "a", Nanoseconds interval = 1s) {
  Sample sample = row_of({.at = at, .container = "", .id = 0, .host = host, .interval = interval});
  sample.account = "(kernel)";
  return sample;
}

struct EndOf {
  Nanoseconds at{};
  std::string container;
  std::uint64_t refused = 0;
  Nanoseconds last{};  // refusal, after the end
};

lifecycle::Row end_of(const EndOf& end) {
  lifecycle::Row row{.at = {.boot = end.at, .wall = end.at},
                     .host = "a",
                     .ledger = "first",
                     .event = lifecycle::Event::ended,
                     .cgroup_id = 99,
                     .account = "/99",
                     .owner = {.container = end.container, .pod = "", .k8s_namespace = ""}};
  if (end.refused == 0) return row;
  row.pod.emplace();
  row.pod->refused = end.refused;
  row.pod->tail = lifecycle::Tail{.first = 20ms, .last = end.last};
  return row;
}

class SeriesBuilderTest : public testing::Test {
 protected:
  void add(const Sample& row) {
    auto added = builder_.add(row);
    EXPECT_TRUE(added) << added.error().what;
  }
  void add(const lifecycle::Row& row) {
    auto added = builder_.add(row);
    EXPECT_TRUE(added) << added.error().what;
  }
  Series finish() {
    auto series = builder_.finish();
    EXPECT_TRUE(series) << series.error().what;
    return series.value_or(Series{});
  }
  SeriesBuilder builder_{{.original = "shop*", .mirror = "mirror*", .by = Grouping::container}};
};

TEST_F(SeriesBuilderTest, SumsLivesOfANameAndPods) {
  add(kernel_row(1s));
  add(row_of({.at = 1s, .container = "shop-1", .connections = 10, .id = 1}));
  add(row_of({.at = 1s, .container = "shop-2", .connections = 5, .id = 2}));
  add(row_of(
      {.at = 1s, .container = "mirror", .connections = 3, .id = 3, .state = SampleState::exited}));
  add(row_of({.at = 1s, .container = "mirror", .connections = 4, .id = 4}));
  add(row_of({.at = 1s, .container = "other", .connections = 1'000, .id = 5}));
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 1U);
  EXPECT_EQ(series.intervals[0].original.connections, 15);
  EXPECT_EQ(series.intervals[0].original.data_packets, 15);
  EXPECT_EQ(series.intervals[0].original.payload_bytes, 1'500);
  EXPECT_EQ(series.intervals[0].mirror.connections, 7);
  EXPECT_EQ(series.originals, 2U);
  EXPECT_EQ(series.mirrors, 1U);
  ASSERT_EQ(series.ends.size(), 1U);
  EXPECT_EQ(series.ends[0].name, "mirror");
  EXPECT_EQ(series.ends[0].after, 0s);
  EXPECT_EQ(series.ends[0].seen, 1s);
}

TEST_F(SeriesBuilderTest, NamesTheEndOfAnotherContainerOfTheMirrorsPodOnce) {
  add(row_of({.at = 1s, .container = "mirror", .connections = 3, .id = 3, .pod = "m"}));
  add(row_of({.at = 1s, .container = "app", .id = 4, .state = SampleState::exited, .pod = "m"}));
  add(row_of({.at = 2s, .container = "app", .id = 4, .state = SampleState::exited, .pod = "m"}));
  add(row_of({.at = 2s, .container = "job", .id = 5, .state = SampleState::exited, .pod = "x"}));
  const Series series = finish();
  ASSERT_EQ(series.ends.size(), 1U);
  EXPECT_EQ(series.ends[0].name, "m app");
}

TEST_F(SeriesBuilderTest, LaysHostsWithOtherMomentsOverEachOther) {
  for (int i = 1; i <= 4; ++i) add(row_of({.at = i * 1s, .container = "shop", .connections = 100}));
  for (int i = 1; i <= 5; ++i) {
    add(row_of({.at = i * 1s - 250ms, .container = "mirror", .connections = 100, .host = "b"}));
  }
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 4U);
  for (const Interval& interval : series.intervals) {
    EXPECT_DOUBLE_EQ(interval.mirror.connections, 100);
  }
  EXPECT_EQ(series.hosts, 2U);
}

TEST_F(SeriesBuilderTest, ComparesNoTimeOfWhichAHostHasNoRows) {
  for (int i = 1; i <= 9; ++i) {
    add(row_of({.at = i * 1s, .container = "shop", .connections = 100}));
    if (i > 2 && i != 6) {
      add(row_of({.at = i * 1s, .container = "mirror", .connections = 100, .host = "b"}));
    }
  }
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 6U);
  for (const Interval& interval : series.intervals) {
    EXPECT_EQ(interval.original.connections, interval.mirror.connections);
  }
  ASSERT_EQ(series.left_out.size(), 2U);
  EXPECT_EQ(series.left_out[0].host, "b");
  EXPECT_EQ(series.left_out[0].end, 2s);
  EXPECT_EQ(series.left_out[1].begin, 5s);
  EXPECT_EQ(series.left_out[1].end, 6s);
}

// No row of the mirror is a row of it with 0, as long as its host was recorded.
TEST_F(SeriesBuilderTest, TakesAnAccountWithoutRowsForOneWithoutTraffic) {
  for (int i = 1; i <= 3; ++i) {
    add(kernel_row(i * 1s));
    add(kernel_row(i * 1s, "b"));
    add(row_of({.at = i * 1s, .container = "shop", .connections = 100}));
    if (i != 2) add(row_of({.at = i * 1s, .container = "mirror", .connections = 1, .host = "b"}));
  }
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 3U);
  EXPECT_EQ(series.intervals[1].mirror.connections, 0);
}

// A SYN that meets a closing connection is counted on (closing): its side is not known.
TEST_F(SeriesBuilderTest, CountsPacketsWhereConnectionsAreOfNobody) {
  for (int i = 1; i <= 3; ++i) {
    add(row_of({.at = i * 1s, .container = "shop", .connections = 100}));
    add(row_of({.at = i * 1s, .container = "mirror", .connections = 100, .id = 8}));
  }
  EXPECT_EQ(choose_unit(finish()), Unit::connections);
  Sample closing = row_of({.at = 3s, .container = "", .connections = 20, .id = 0});
  closing.account = "(closing)";
  add(closing);
  EXPECT_EQ(finish().connections_of_nobody, 20);
  EXPECT_EQ(choose_unit(finish()), Unit::packets);
}

TEST_F(SeriesBuilderTest, RefusesARecordingGivenTwice) {
  for (int twice = 0; twice < 2; ++twice) {
    add(row_of({.at = 1s, .container = "shop", .connections = 100}));
  }
  const auto series = builder_.finish();
  ASSERT_FALSE(series);
  EXPECT_EQ(series.error().what, "/7 on eth0 of a is there twice at 00:00:01Z");
}

TEST_F(SeriesBuilderTest, RefusesAnAccountOfBothSides) {
  SeriesBuilder builder({.original = "shop*", .mirror = "*", .by = Grouping::container});
  const auto added = builder.add(row_of({.at = 1s, .container = "shop"}));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().what, "both shop* and * match shop");
  EXPECT_EQ(added.error().failure, Failure::usage);
}

// Three pods of each become two halfway; one of the mirror's is replaced by one of its name.
Series three_to_two_pods(std::uint64_t seed) {
  const SimulatedRun run = simulate({.seed = seed, .seconds = 300, .rate = 400});
  SeriesBuilder builder({.original = "shop*", .mirror = "mirror*", .by = Grouping::container});
  Chance chance(seed + 1'000);
  for (std::size_t i = 0; i < run.series.intervals.size(); ++i) {
    const Nanoseconds at = std::chrono::seconds(i + 1);
    const bool late = i >= 150;
    const auto add_pods = [&](const std::string& name, double connections, std::uint64_t id) {
      double left = connections;
      for (std::uint64_t pods = late ? 2 : 3; pods > 0; --pods) {
        const double of_one = chance.binomial(left, 1 / static_cast<double>(pods));
        left -= of_one;
        const std::uint64_t life = pods == 1 && i >= 200 ? 10 : 0;
        EXPECT_TRUE(builder.add(row_of({.at = at,
                                        .container = fmt::format("{}-{}", name, pods),
                                        .connections = static_cast<std::uint64_t>(of_one),
                                        .id = id + pods + life})));
      }
      if (i == 150) {
        EXPECT_TRUE(builder.add(row_of(
            {.at = at, .container = name + "-3", .id = id + 3, .state = SampleState::exited})));
      }
    };
    add_pods("shop", run.series.intervals[i].original.connections, 100);
    add_pods("mirror", run.series.intervals[i].mirror.connections, 200);
  }
  auto series = builder.finish();
  EXPECT_TRUE(series);
  return series.value_or(Series{});
}

TEST(SeriesOfPodsTest, AreCompleteWhenThreePodsBecomeTwoInAHundredOfAHundredRuns) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto report = compare(three_to_two_pods(seed), {.share = 0.1});
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->complete() && !report->more) << "seed " << seed;
    EXPECT_EQ(report->series.originals, 3U);
  }
}

TEST_F(SeriesBuilderTest, WhatAPodRefusedInsideWasNotReceived) {
  for (int second = 1; second <= 6; ++second) {
    const Nanoseconds at = std::chrono::seconds{second};
    add(kernel_row(at));
    add(row_of({.at = at, .container = "shop", .connections = 100, .id = 1}));
    add(row_of({.at = at, .container = "mirror-proxy", .connections = 100, .id = 2}));
  }
  add(end_of({.at = 2500ms, .container = "mirror-app", .refused = 140, .last = 1500ms}));
  add(end_of({.at = 2500ms, .container = "other", .refused = 50, .last = 1500ms}));
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 6U);
  double connections = 0;
  for (const Interval& interval : series.intervals) {
    connections += interval.mirror.connections;
    EXPECT_DOUBLE_EQ(interval.mirror.data_packets, interval.mirror.connections);
    EXPECT_DOUBLE_EQ(interval.original.connections, 100);
  }
  EXPECT_NEAR(connections, 600 - 140, 1e-6);
  EXPECT_DOUBLE_EQ(series.intervals[1].mirror.connections, 100);
  EXPECT_NEAR(series.intervals[3].mirror.connections, 100 - 94.6, 0.1);
  EXPECT_DOUBLE_EQ(series.intervals[4].mirror.connections, 100);
  ASSERT_EQ(series.ends.size(), 1U);
  EXPECT_EQ(series.ends[0].name, "mirror-app");
  EXPECT_EQ(series.ends[0].after, 2500ms);
}

// Over connections that stay open no new one is seen: requests are packets then.
TEST_F(SeriesBuilderTest, WhatAPodRefusedOverOpenConnectionsWasNotReceived) {
  for (int second = 1; second <= 3; ++second) {
    const Nanoseconds at = std::chrono::seconds{second};
    add(kernel_row(at));
    for (const std::string name : {"shop", "mirror-proxy"}) {
      Sample row = row_of({.at = at, .container = name, .connections = 100});
      row.account = "/" + name;
      row.delta.tcp.rx_connections = 0;
      add(row);
    }
  }
  add(end_of({.at = 1s, .container = "mirror-app", .refused = 60, .last = 1s}));
  const Series series = finish();
  ASSERT_EQ(series.intervals.size(), 3U);
  EXPECT_NEAR(series.intervals[1].mirror.data_packets, 40, 1e-6);
  EXPECT_NEAR(series.intervals[1].mirror.payload_bytes, 4000, 1e-6);
  EXPECT_EQ(choose_unit(series), Unit::packets);
}

}  // namespace
}  // namespace cgtally::compare
