// SPDX-License-Identifier: Apache-2.0
// The share of a device's own counters that we saw: when it is known, and which differences come
// only from how devices count.
#include "core/health/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "unit/traffic.h"

namespace cgtally {
namespace {

CoverageReading at(std::int64_t seconds, const Traffic& device, const Traffic& counted) {
  return {.boot = std::chrono::seconds{seconds}, .device = device, .counted = counted};
}

Traffic received(std::uint64_t packets, std::uint64_t frame_bytes) {
  return traffic(packets * frame_bytes, packets, 0, 0);
}
Traffic transmitted(std::uint64_t packets, std::uint64_t frame_bytes) {
  return traffic(0, 0, packets * frame_bytes, packets);
}

CoverageShare share_of(const Traffic& device, const Traffic& counted) {
  Coverage coverage;
  coverage.add(at(0, {}, {}));
  coverage.add(at(1, device, counted));
  return coverage.share();
}

TEST(Coverage, IsUnknownBeforeTwoReadings) {
  Coverage coverage;
  EXPECT_EQ(coverage.share().rx, std::nullopt);
  coverage.add(at(0, received(1000, 100), {}));
  EXPECT_EQ(coverage.share().rx, std::nullopt) << "what went by before us is not held against us";
}

TEST(Coverage, IsUnknownWhereTheDeviceCarriedTooLittle) {
  EXPECT_EQ(share_of(received(9, 100), {}).rx, std::nullopt);
  EXPECT_EQ(share_of(received(10, 100), {}).rx, 0.0);
}

TEST(Coverage, IsOneWhereEverythingCameBy) {
  const CoverageShare share = share_of(received(1000, 1500), received(1000, 1500));
  EXPECT_EQ(share.rx, 1.0);
  EXPECT_EQ(share.tx, std::nullopt);
  EXPECT_FALSE(is_blind(share.rx));
  EXPECT_FALSE(is_blind(share.tx)) << "not knowing is not being blind";
}

TEST(Coverage, OfEachDirectionIsItsOwn) {
  const CoverageShare share =
      share_of(traffic(100'000, 100, 100'000, 100), traffic(41'000, 41, 100'000, 100));
  EXPECT_NEAR(*share.rx, 0.41, 0.01);
  EXPECT_EQ(share.tx, 1.0);
  EXPECT_TRUE(is_blind(share.rx));
  EXPECT_FALSE(is_blind(share.tx));
}

TEST(Coverage, ASuperPacketThatAVirtualDeviceCountsOnceIsNoMoreThanAll) {
  const Traffic device = transmitted(100, 65'226);  // 45 segments each
  const Traffic counted = transmitted(4500, 1514);  // with their headers
  EXPECT_EQ(share_of(device, counted).tx, 1.0);
}

TEST(Coverage, ThatHalfTheSuperPacketsAreMissingIsSeenByTheirBytes) {
  const CoverageShare share = share_of(transmitted(100, 65'226), transmitted(2250, 1514));
  EXPECT_NEAR(*share.tx, 0.53, 0.01);
  EXPECT_TRUE(is_blind(share.tx));
}

TEST(Coverage, PaddingAndFcsThatHardwareCountsAreNotBlindness) {
  EXPECT_EQ(share_of(received(1000, 64), received(1000, 54)).rx, 1.0);
}

TEST(Coverage, ThatATenthOfTheSmallFramesIsMissingIsSeenByTheirNumber) {
  const CoverageShare share = share_of(received(1000, 54), received(900, 54));
  EXPECT_NEAR(*share.rx, 0.9, 1e-9);
  EXPECT_TRUE(is_blind(share.rx));
}

TEST(Coverage, ADeviceThatCountsNoBytesIsMeasuredByPackets) {
  EXPECT_EQ(share_of(received(100, 0), received(40, 100)).rx, 0.4);
}

TEST(Coverage, FivePercentMayBeMissing) {
  EXPECT_FALSE(is_blind(share_of(received(1000, 1500), received(950, 1500)).rx));
  EXPECT_TRUE(is_blind(share_of(received(1000, 1500), received(949, 1500)).rx));
}

TEST(Coverage, BlindnessIsSaidWithinTenSecondsWhateverWentByBefore) {
  Coverage coverage;
  std::uint64_t device = 0, counted = 0;
  std::int64_t now = 0;
  for (; now < 60; ++now) {
    coverage.add(at(now, received(device, 1500), received(counted, 1500)));
    device += 1'000'000;
    counted += 1'000'000;
  }
  const std::int64_t blinded = now;
  coverage.add(at(now, received(device, 1500), received(counted, 1500)));
  while (!coverage.blind().rx && now < blinded + 60) {
    device += 20;  // from now on little goes by, and nothing comes to us
    coverage.add(at(++now, received(device, 1500), received(counted, 1500)));
  }
  EXPECT_LE(now - blinded, 10);
}

TEST(Coverage, TrafficThatHasStoppedIsNoBlindnessWhereTheDeviceTellsItLate) {
  Coverage coverage;
  static constexpr std::int64_t kStop = 20;
  for (std::int64_t now = 0; now < 60; ++now) {
    const auto until = [](std::int64_t second) {
      return received(static_cast<std::uint64_t>(std::clamp<std::int64_t>(second, 0, kStop)) * 1000,
                      1500);
    };
    coverage.add(at(now, until(now - 2), until(now)));
    ASSERT_FALSE(coverage.blind().rx) << now;
  }
}

TEST(Coverage, BlindnessIsOfTheDirectionThatItStruck) {
  Coverage coverage;
  for (std::uint64_t i = 0; i < 9; ++i) {
    coverage.add(at(static_cast<std::int64_t>(i),
                    traffic(i * 100'000, i * 100, i * 100'000, i * 100),
                    traffic(i * 100'000, i * 100, i * 80'000, i * 80)));
    EXPECT_EQ(coverage.blind().tx, i >= 2) << "with two spans to look at";
    EXPECT_FALSE(coverage.blind().rx);
  }
}

TEST(Coverage, RareReadingsDecideByTheLastTwo) {
  Coverage coverage;
  coverage.add(at(0, {}, {}));
  coverage.add(at(3600, received(1000, 1500), received(1000, 1500)));
  EXPECT_FALSE(coverage.blind().rx);
  coverage.add(at(7200, received(2000, 1500), received(1400, 1500)));
  EXPECT_TRUE(coverage.blind().rx);
  coverage.add(at(7205, received(3000, 1500), received(1800, 1500)));
  coverage.add(at(7210, received(4000, 1500), received(2200, 1500)));
  EXPECT_TRUE(coverage.blind().rx) << "five seconds apart, the window has three of them";
}

TEST(Coverage, IsRestoredOnceTheWindowHasPassed) {
  Coverage coverage;
  coverage.add(at(0, {}, {}));
  coverage.add(at(1, received(1000, 1500), {}));
  EXPECT_TRUE(is_blind(coverage.share().rx));
  for (std::uint64_t i = 1; i <= 10; ++i) {
    coverage.add(at(1 + static_cast<std::int64_t>(i), received(1000 + 100 * i, 1500),
                    received(100 * i, 1500)));
  }
  EXPECT_EQ(coverage.share().rx, 1.0);
}

TEST(Coverage, ReadingsFurtherApartThanTheWindowAreStillCompared) {
  Coverage coverage;
  coverage.add(at(0, {}, {}));
  coverage.add(at(3600, received(1000, 1500), received(1000, 1500)));
  coverage.add(at(7200, received(2000, 1500), received(1400, 1500)));
  EXPECT_NEAR(*coverage.share().rx, 0.4, 0.01);
}

TEST(Coverage, CountersThatGoBackwardsBeginANewBase) {
  Coverage coverage;
  coverage.add(at(0, received(5000, 100), received(5000, 100)));
  coverage.add(at(1, received(20, 100), received(5020, 100)));
  EXPECT_EQ(coverage.share().rx, std::nullopt) << "the device began again";
  coverage.add(at(2, received(120, 100), received(5120, 100)));
  EXPECT_EQ(coverage.share().rx, 1.0);
  coverage.add(at(3, received(220, 100), {}));
  EXPECT_EQ(coverage.share().rx, std::nullopt) << "the ledger began again";
}

TEST(Coverage, PacketsThatLeaveTheQueueWereCountedBefore) {
  Coverage coverage;
  CoverageReading full = at(0, transmitted(100, 1000), transmitted(1100, 1000));
  full.queued_bytes = {1'000'000};
  full.queued_packets = {1000};
  coverage.add(full);
  coverage.add(at(1, transmitted(1100, 1000), transmitted(1100, 1000)));
  EXPECT_EQ(coverage.share().tx, std::nullopt) << "nothing new came to the queue";
  CoverageReading later = at(2, transmitted(1150, 1000), transmitted(1140, 1000));
  later.queued_bytes = {50'000};
  later.queued_packets = {50};
  coverage.add(later);
  EXPECT_NEAR(*coverage.share().tx, 0.4, 0.01) << "40 of 100 came by";
}

TEST(BlindSentence, NamesWhoRunsBeforeUs) {
  EXPECT_EQ(blind_sentence("eth0", "rx", 0.4199, true, {"the tcx program \"foo\" (id 12)"}),
            "eth0 rx: only 41 % of what the device counted came by here: the tcx program \"foo\" "
            "(id 12) runs before ours");
  EXPECT_EQ(blind_sentence("eth0", "tx", 0, true, {"a", "b", "c"}),
            "eth0 tx: only 0 % of what the device counted came by here: a, b and c run before "
            "ours");
}

TEST(BlindSentence, ExplainsBlindnessWithoutAProgramBeforeOurs) {
  EXPECT_EQ(blind_sentence("eth0", "rx", 0.5, true, {}),
            "eth0 rx: only 50 % of what the device counted came by here: nobody runs before ours, "
            "so a redirect or an offload took it");
  EXPECT_EQ(blind_sentence("eth0", "rx", 0.5, false, {"whoever"}),
            "eth0 rx: only 50 % of what the device counted came by here: our program is not "
            "attached");
}

}  // namespace
}  // namespace cgtally
