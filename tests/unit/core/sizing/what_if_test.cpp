// SPDX-License-Identifier: Apache-2.0
// One recording against several types: the figures are those of `size`, to the nanosecond.
#include "core/sizing/what_if.h"

#include <gtest/gtest.h>

#include <random>

#include "unit/traffic.h"

namespace cgtally::sizing {
namespace {

using namespace std::chrono_literals;

Workload sent_each_second(const std::vector<std::uint64_t>& bytes_each_second) {
  Workload load;
  for (const std::uint64_t bytes : bytes_each_second) {
    load.steps.push_back({.elapsed = 1s, .traffic = traffic(0, 0, bytes, bytes / 1000)});
  }
  return load;
}

Stream stream_each_second(const std::vector<std::uint64_t>& bytes_each_second) {
  Stream made;
  for (const std::uint64_t bytes : bytes_each_second) {
    made.elapsed.emplace_back(1s);
    made.bytes.push_back({bytes});
  }
  return made;
}

constexpr BitRate kEightMegabytes{64'000'000};

TEST(WhatIf, SaysHowLowABucketGetsWhenItIsEmptyAndForHowLong) {
  // 10 MB: 4 MB a second for two seconds leave 2 MB, half a second more empties it.
  const Course made =
      course(stream_each_second({12'000'000, 12'000'000, 12'000'000, 12'000'000, 4'000'000}),
             kEightMegabytes, {10'000'000});
  EXPECT_EQ(made.first_empty, 2500ms);
  EXPECT_EQ(made.empty, 1500ms);
  EXPECT_EQ(made.lowest, Bytes{0});
  const Course enough = course(stream_each_second({12'000'000, 4'000'000, 12'000'000}),
                               kEightMegabytes, {10'000'000});
  EXPECT_FALSE(enough.first_empty);
  EXPECT_EQ(enough.empty, 0s);
  EXPECT_EQ(enough.lowest, Bytes{6'000'000});
}

TEST(WhatIf, AgreesWithTheTimeToEmptyOfSize) {
  std::mt19937 dice{11};
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> bytes(60);
    for (std::uint64_t& one : bytes) one = dice() % 16'000'000;
    const Bytes capacity{dice() % 60'000'000};
    const auto size = time_to_empty(stream_each_second(bytes), kEightMegabytes, capacity);
    const Course made = course(stream_each_second(bytes), kEightMegabytes, capacity);
    if (size && *size < 60s) {
      EXPECT_EQ(made.first_empty, size);
    } else {
      EXPECT_FALSE(made.first_empty);
    }
  }
}

TEST(WhatIf, SetsTypesSideBySideInTheirOrder) {
  const InstanceType micro{
      .name = "a.micro", .baseline = kEightMegabytes, .burst = {160'000'000}, .source = ""};
  const InstanceType flat{
      .name = "a.flat", .baseline = kEightMegabytes, .burst = kEightMegabytes, .source = ""};
  std::vector<std::uint64_t> bytes(3 * 3600, 20'000'000);  // 160 Mbit/s for three hours
  bytes.push_back(21'000'000);
  const auto all = what_if(sent_each_second(bytes), {&micro, &flat});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].direction, Direction::tx);
  // 3320 s of 8 MB, halved and doubled, at 12 MB a second.
  EXPECT_EQ(all[0].least.first_empty->count() / 1'000'000'000, 1106);
  ASSERT_TRUE(all[0].most);
  EXPECT_EQ(all[0].most->first_empty->count() / 1'000'000'000, 4426);
  EXPECT_EQ(all[0].too_fast, 1s);
  EXPECT_EQ(all[1].least.empty, 0s);
  EXPECT_EQ(all[2].least.empty, 10801s) << "no credits: always more than the baseline";
  const std::string table = what_if_table(all, 9h);
  EXPECT_NE(table.find("a.micro"), std::string::npos) << table;
  EXPECT_NE(table.find("09:18:26Z..10:13:46Z  TOO FAST"), std::string::npos) << table;
  EXPECT_NE(table.find("1h46m..2h41m"), std::string::npos) << table;
}

}  // namespace
}  // namespace cgtally::sizing
