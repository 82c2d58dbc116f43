// SPDX-License-Identifier: Apache-2.0
// Rates: rounding, the edges of 64 bits, and times in which nothing can have a rate.
#include <gtest/gtest.h>

#include <limits>

#include "core/base/units.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

TEST(Rate, OfBytesIsInBitsPerSecond) {
  EXPECT_EQ(rate(Bytes{1'000'000}, 1s), BitRate{8'000'000});
  EXPECT_EQ(rate(Bytes{1'000'000}, 100ms), BitRate{80'000'000});
}

TEST(Rate, OfPacketsIsPerSecond) { EXPECT_EQ(rate(Packets{300}, 2s), PacketRate{150}); }

TEST(Rate, IsRoundedToTheNearest) {
  EXPECT_EQ(rate(Packets{1}, 3s), PacketRate{0});
  EXPECT_EQ(rate(Packets{2}, 3s), PacketRate{1});
  EXPECT_EQ(rate(Packets{1}, 2s), PacketRate{1});
}

TEST(Rate, DoesNotExistWhereNoTimeHasPassed) {
  EXPECT_EQ(rate(Bytes{1}, 0ns), std::nullopt);
  EXPECT_EQ(rate(Bytes{1}, -1s), std::nullopt);
  EXPECT_EQ(rate(Packets{1}, 0ns), std::nullopt);
}

TEST(Rate, SaturatesInsteadOfWrapping) {
  EXPECT_EQ(rate(Bytes{kMost}, 1s), BitRate{kMost});
  EXPECT_EQ(rate(Bytes{kMost}, 1ns), BitRate{kMost});
  EXPECT_EQ(rate(Packets{kMost}, 1ns), PacketRate{kMost});
}

TEST(Rate, IsExactWhereTheProductPassesSixtyFourBits) {
  EXPECT_EQ(rate(Bytes{kMost}, 1h), BitRate{40'992'764'608'243'448});
}

}  // namespace
}  // namespace cgtally
