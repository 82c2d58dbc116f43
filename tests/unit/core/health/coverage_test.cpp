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

// Two readings with these between them.
PerDirection<std::optional<OverCount>> over_of(const Traffic& device, const Traffic& counted) {
  return over_between(at(0, {}, {}), at(6, device, counted));
}

TEST(OverCount, IsWhatWasCountedTwice) {
  const auto over = over_of(received(1000, 1500), received(2000, 1500));
  ASSERT_TRUE(over.rx);
  EXPECT_EQ(over.rx->counted.value, 3'000'000U);
  EXPECT_EQ(over.rx->device.value, 1'500'000U);
  EXPECT_EQ(over.rx->length, std::chrono::seconds{6});
  EXPECT_EQ(share_of(received(1000, 1500), received(2000, 1500)).rx, 2.0);
  EXPECT_FALSE(over.tx);
}

TEST(OverCount, OfSmallFramesIsSeenToo) {
  for (const std::uint64_t bytes : {54U, 66U, 98U, 300U, 700U, 1514U}) {
    EXPECT_TRUE(over_of(received(1000, bytes), received(2000, bytes)).rx) << bytes;
  }
}

TEST(OverCount, WhereTheDeviceSaysNothingIsThere) {
  const auto over = over_of(received(1, 70), received(36'000, 1514));
  ASSERT_TRUE(over.rx);
  EXPECT_EQ(over.rx->device.value, 70U);
  EXPECT_TRUE(over_of({}, transmitted(100, 1000)).tx);
}

TEST(OverCount, IsNotOfTenPacketsOrHalfAPercent) {
  EXPECT_FALSE(over_of({}, received(9, 1500)).rx);
  EXPECT_FALSE(over_of(received(100, 1500), received(110, 1500)).rx);
  EXPECT_FALSE(over_of(received(100'000, 1500), received(100'500, 1500)).rx);
  EXPECT_TRUE(over_of(received(100'000, 1500), received(103'000, 1500)).rx);
}

TEST(OverCount, IsNotWhatSuperPacketsHaveInHeaders) {
  // 45 segments of 1514 bytes, the device has one packet of all with one header.
  EXPECT_FALSE(over_of(transmitted(1000, 65'226), transmitted(45'000, 1514)).tx);
  // Segments of 88 bytes: the headers are two fifths.
  EXPECT_FALSE(over_of(transmitted(1000, 66 + 100 * 88), transmitted(100'000, 154)).tx);
  // Beside as many small packets.
  EXPECT_FALSE(over_of(traffic(0, 0, 65'226'000 + 66'000, 2000),
                       traffic(0, 0, 45'000 * 1514 + 66'000, 46'000))
                   .tx);
  // But twice as much as all of them is.
  EXPECT_TRUE(over_of(transmitted(1000, 65'226), transmitted(90'000, 1514)).tx);
}

TEST(OverCount, IsNotAnEthernetHeaderAndATagThatTheDeviceDoesNotCount) {
  EXPECT_FALSE(over_of(received(100'000, 40), received(100'000, 58)).rx);
}

TEST(OverCount, IsNotWhatTheQueueHoldsOrDropped) {
  CoverageReading last = at(6, transmitted(1000, 1000), transmitted(3000, 1000));
  EXPECT_TRUE(over_between(at(0, {}, {}), last).tx);
  last.dropped = {2000};
  EXPECT_FALSE(over_between(at(0, {}, {}), last).tx);
  last.dropped = {};
  last.queued_bytes = {2'000'000};
  last.queued_packets = {2000};
  EXPECT_FALSE(over_between(at(0, {}, {}), last).tx);
}

TEST(OverCount, IsNotWhatADeviceWithoutACarrierCannotSend) {
  CoverageReading last = at(6, {}, transmitted(3000, 1000));
  last.running = false;
  EXPECT_FALSE(over_between(at(0, {}, {}), last).tx);
  EXPECT_FALSE(over_between(last, at(7, {}, transmitted(6000, 1000))).tx);
}

TEST(OverCount, OfADeviceThatCountsNoBytesIsNotKnown) {
  EXPECT_FALSE(over_of(received(100, 0), received(1000, 1500)).rx);
}

TEST(OverCount, IsSaidWhenTheWholeWindowAndItsEndsAreOver) {
  Coverage coverage;
  for (std::uint64_t i = 0; i < 12; ++i) {
    const CoverageReading now =
        at(static_cast<std::int64_t>(i), received(i * 1000, 1500), received(i * 2000, 1500));
    coverage.add(now);
    EXPECT_EQ(coverage.over(now).rx.has_value(), i >= 2) << i;
    EXPECT_FALSE(coverage.over(now).tx) << i;
  }
  const auto over = coverage.over(at(11, received(11'000, 1500), {}));
  EXPECT_EQ(over.rx->counted.value, 6U * 2000 * 1500);
  EXPECT_EQ(over.rx->device.value, 6U * 1000 * 1500);
}

TEST(OverCount, IsNotWhatPassedBetweenTheDeviceAndTheTotals) {
  Coverage coverage;
  for (std::int64_t i = 0; i < 12; ++i) {
    const auto packets = static_cast<std::uint64_t>(i * i * 1000);  // ever faster
    // The totals are read a third of a second later.
    const auto later = static_cast<std::uint64_t>((3 * i + 1) * (3 * i + 1) * 1000 / 9);
    coverage.add(at(i, received(packets, 1500), received(later, 1500)));
    EXPECT_FALSE(coverage.over(at(i, received(later, 1500), {})).rx) << i;
  }
}

TEST(OverCount, IsNotTrafficThatTheDeviceTellsLate) {
  Coverage coverage;
  for (std::int64_t now = 0; now < 40; ++now) {
    const auto until = [](std::int64_t second) {
      return received(
          static_cast<std::uint64_t>(std::clamp<std::int64_t>(second - 10, 0, 20)) * 1000, 1500);
    };
    const CoverageReading reading = at(now, until(now - 2), until(now));
    coverage.add(reading);
    EXPECT_FALSE(coverage.over(reading).rx) << now;
  }
}

TEST(OverSentence, HasBothFigures) {
  const OverCount twice{
      .counted = {2'000'000'000}, .device = {1'000'000'000}, .length = std::chrono::seconds{6}};
  EXPECT_EQ(over_sentence("eth0", "rx", twice),
            "eth0 rx: booked 2.0 GB in 6.00 s, but the device says 1.0 GB: 200 %: a redirect or a "
            "mirror brings packets here that were not on its wire");
  const OverCount nearly_all{.counted = {52'000'000}, .device = {70}, .length = {}};
  EXPECT_NE(over_sentence("eth0", "rx", nearly_all).find("says 70 B: a redirect"),
            std::string::npos);
  const OverCount all{.counted = {52'000'000}, .device = {}, .length = {}};
  EXPECT_NE(over_sentence("eth0", "rx", all).find("says 0 B: a redirect"), std::string::npos);
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
