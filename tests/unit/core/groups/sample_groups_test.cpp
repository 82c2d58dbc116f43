// SPDX-License-Identifier: Apache-2.0
// The rows of a recording, summed by names.
#include "core/groups/sample_groups.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/traffic.h"

namespace cgtally {
namespace {

Sample row_of(std::int64_t at, std::uint64_t id, std::uint64_t total, std::uint64_t delta) {
  Sample sample;
  sample.taken = second(at);
  sample.interval = std::chrono::seconds{1};
  sample.host = "vm";
  sample.ledger = "one";
  sample.iface = "eth0";
  sample.cgroup_id = id;
  sample.account = "/docker/" + std::to_string(id);
  sample.container = "web";
  sample.totals = sent(total);
  sample.delta = sent(delta);
  return sample;
}

TEST(SampleGroups, RowsOfOneMomentAndNameAreOne) {
  SampleGroups groups(Grouping::container);
  EXPECT_TRUE(groups.add(row_of(1, 11, 5000, 1000)).empty());
  EXPECT_TRUE(groups.add(row_of(1, 12, 9000, 2000)).empty());
  const auto rows = groups.add(row_of(2, 11, 6000, 1000));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].account, "container:web");
  EXPECT_TRUE(is_group_id(rows[0].cgroup_id));
  EXPECT_EQ(rows[0].totals, sent(14'000));
  EXPECT_EQ(rows[0].delta, sent(3000));
}

TEST(SampleGroups, ATotalNeitherFallsNorLeapsWhenOneCgroupReplacesAnother) {
  SampleGroups groups(Grouping::container);
  (void)groups.add(row_of(1, 11, 5000, 1000));
  Sample last = row_of(2, 11, 5500, 500);
  last.state = SampleState::exited;
  (void)groups.add(last);
  auto rows = groups.add(row_of(3, 12, 90'000, 100));  // had moved before it was recorded
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].state, SampleState::exited);
  EXPECT_EQ(rows[0].totals, sent(5500));
  rows = groups.finish();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].totals, sent(5600));
  EXPECT_EQ(rows[0].delta, sent(100));
  EXPECT_EQ(rows[0].state, SampleState::live);
}

TEST(SampleGroups, WhatHasNoNameKeepsItsRow) {
  SampleGroups groups(Grouping::pod);
  (void)groups.add(row_of(1, 11, 5000, 1000));
  const auto rows = groups.finish();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].account, "/docker/11");
  EXPECT_EQ(rows[0].cgroup_id, 11U);
}

}  // namespace
}  // namespace cgtally
