// SPDX-License-Identifier: Apache-2.0
// The types that carry a workload: the exact arithmetic of a bucket, and the limit that binds.
#include "core/sizing/sizing.h"

#include <gtest/gtest.h>

#include <random>

#include "core/sizing/screen.h"
#include "unit/traffic.h"

namespace cgtally::sizing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMbit = 1'000'000;
const InstanceType kMicro{.name = "cache.t4g.micro",
                          .baseline = {64 * kMbit},
                          .burst = {5000 * kMbit},
                          .vcpus = 2,
                          .source = ""};

CreditTerms terms(BitRate baseline, BitRate burst, double capacity) {
  return {.baseline = baseline, .burst = burst, .capacity = {.lo = capacity, .hi = capacity}};
}
Stream stream(const std::vector<std::uint64_t>& bytes_each_second) {
  Stream made;
  for (const std::uint64_t bytes : bytes_each_second) {
    made.elapsed.push_back(1s);
    made.bytes.push_back({bytes});
  }
  return made;
}
Workload out(const std::vector<std::uint64_t>& bytes_each_second) {
  Workload load;
  for (const std::uint64_t bytes : bytes_each_second) {
    load.steps.push_back({.elapsed = 1s, .traffic = traffic(0, 0, bytes, bytes / 1000)});
  }
  return load;
}
Fit of(const Workload& load, const CreditTerms& terms, const GivenLimits& limits = {}) {
  return Sizing(load, limits).fit(terms);
}
Exchange incident(std::uint64_t per_second) {
  return {.per_second = per_second, .request = {64}, .response = {32'000}};
}

TEST(Sizing, CarriesTwoHundredAndFiftyResponsesOfTheIncidentAndNotOneMore) {
  const CreditTerms micro = terms_of(kMicro);
  const auto at = [&](std::uint64_t rps) {
    return of(repeated(payload_of(incident(rps)), rps).value(), micro).verdict;
  };
  EXPECT_EQ(at(250), Verdict::for_ever);
  EXPECT_EQ(at(251), Verdict::empties);
  EXPECT_EQ(most_per_second(payload_of(incident(1)), micro, {}), 250U);
}

// 23 segments: 32 000 + 23 x 66 = 33 518 B, and 64 Mbit/s are 238.68 of them.
TEST(Sizing, CarriesFewerWithTheHeaders) {
  const Traffic one = wire_bytes_of(incident(1));
  EXPECT_EQ(one, traffic(64 + 12 * 66, 12, 33'518, 23));
  const CreditTerms micro = terms_of(kMicro);
  EXPECT_EQ(most_per_second(one, micro, {}), 238U);
  EXPECT_EQ(of(repeated(one, 238).value(), micro).verdict, Verdict::for_ever);
  EXPECT_EQ(of(repeated(one, 239).value(), micro).verdict, Verdict::empties);
}

TEST(Sizing, CountsOnePacketForWhatIsEmptyAndAFullSegmentForWhatFits) {
  EXPECT_EQ(wire_bytes_of({.per_second = 1, .request = {0}, .response = {1448}}),
            traffic(66, 1, 1448 + 66, 1));
  EXPECT_EQ(wire_bytes_of({.per_second = 1, .request = {1449}, .response = {1}}),
            traffic(1449 + 2 * 66, 2, 1 + 2 * 66, 2));
}

TEST(Sizing, RefusesAWorkloadThatOverflows) {
  const auto load = repeated(payload_of(incident(1)), 1'000'000'000'000'000'000);
  ASSERT_FALSE(load);
  EXPECT_EQ(load.error().failure, Failure::usage);
}

TEST(TimeToEmpty, IsTheBucketOverTheExcess) {
  // 1 MB/s of baseline, 3 MB/s sent: 2 MB/s of 10 MB.
  EXPECT_EQ(time_to_empty(stream({3'000'000}), {8 * kMbit}, {10'000'000}), 5s);
  EXPECT_EQ(time_to_empty(stream({3'000'000}), {8 * kMbit}, {11'000'000}), 5500ms);
  EXPECT_EQ(time_to_empty(stream({1'000'000}), {8 * kMbit}, {0}), std::nullopt);
  EXPECT_EQ(time_to_empty(stream({1'000'001}), {8 * kMbit}, {0}), 0ns);
  EXPECT_EQ(time_to_empty(stream({0}), {8 * kMbit}, {0}), std::nullopt);
}

// A full bucket earns nothing.
TEST(TimeToEmpty, EarnsNothingWhileTheBucketIsFull) {
  const Stream quiet_then_busy = stream({0, 0, 0, 4'000'000});
  EXPECT_EQ(time_to_empty(quiet_then_busy, {8 * kMbit}, {3'000'000}), std::nullopt);
  EXPECT_EQ(time_to_empty(quiet_then_busy, {8 * kMbit}, {2'999'999}), 3s + 999'999'666ns);
}

// The end of one pass and the begin of the next make a burst that no single pass has.
TEST(TimeToEmpty, GoesOnFromTheBeginningWhenTheLoadEnds) {
  const Stream busy_at_both_ends = stream({2'000'000, 0, 0, 2'000'000});
  EXPECT_EQ(time_to_empty(busy_at_both_ends, {8 * kMbit}, {1'500'000}), 4s + 500ms);
}

TEST(TimeToEmpty, CountsWholePassesAsIfTheyWereWalked) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint64_t> seconds(1 + random() % 6);
    for (auto& bytes : seconds) bytes = random() % 2'500'000;
    const Bytes capacity{random() % 5'000'000};
    std::vector<std::uint64_t> repeated_often;
    for (int pass = 0; pass < 100; ++pass) {
      repeated_often.insert(repeated_often.end(), seconds.begin(), seconds.end());
    }
    const auto walked = time_to_empty(stream(repeated_often), {8 * kMbit}, capacity);
    const auto counted = time_to_empty(stream(seconds), {8 * kMbit}, capacity);
    if (walked && *walked < seconds.size() * 100 * 1s) {
      EXPECT_EQ(counted, walked) << round;
    } else if (counted) {
      EXPECT_GE(*counted, seconds.size() * 100 * 1s) << round;
    }
  }
}

TEST(TimeToEmpty, StaysFiniteWhereTheExcessIsOneByte) {
  const auto time = time_to_empty(stream({1'000'001}), {8 * kMbit}, {10'000'000'000'000});
  EXPECT_EQ(time.value(), Nanoseconds::max());
}

TEST(Fit, IsAnIntervalWhereTheCapacityIsOne) {
  CreditTerms wide = terms({8 * kMbit}, {80 * kMbit}, 10e6);
  wide.capacity.hi = 40e6;
  const Fit fit = of(out({3'000'000}), wide);
  EXPECT_EQ(fit.verdict, Verdict::empties);
  EXPECT_EQ(fit.earliest, 5s);
  EXPECT_EQ(fit.latest, 20s);
  EXPECT_TRUE(fit.over_the_load);
  EXPECT_EQ(lasting(fit), "5.00 s..20.0 s");
  wide.capacity.hi = ByteRange::kUnbounded;
  EXPECT_EQ(lasting(of(out({3'000'000}), wide)), "5.00 s..never");
}

TEST(Fit, SaysThatTheBucketIsEmptyWithinTheLoad) {
  EXPECT_FALSE(
      of(out({3'000'000, 3'000'000, 0, 0}), terms({8 * kMbit}, {80 * kMbit}, 3e6)).over_the_load);
}

TEST(Fit, BindsOnTheDirectionThatIsCloserToItsBaseline) {
  Workload load = out({500'000});
  load.steps[0].traffic.rx_bytes = {750'000};
  const Fit fit = of(load, terms({8 * kMbit}, {80 * kMbit}, 1e6));
  EXPECT_EQ(fit.binds, Limit::in);
  EXPECT_DOUBLE_EQ(fit.margin, 0.25);
}

TEST(Fit, BindsOnThePeakWhereNothingBursts) {
  const CreditTerms flat = terms({8 * kMbit}, {8 * kMbit}, 0);
  EXPECT_EQ(of(out({500'000, 1'000'000}), flat).verdict, Verdict::for_ever);
  const Fit over = of(out({500'000, 1'000'001}), flat);
  EXPECT_EQ(over.verdict, Verdict::exceeds);
  EXPECT_EQ(over.binds, Limit::out_peak);
  EXPECT_LT(over.margin, 0);
}

TEST(Fit, HasNoMarginWhereTheMeanFitsAndTheBucketIsTooSmall) {
  const Fit fit = of(out({1'900'000, 0}), terms({8 * kMbit}, {80 * kMbit}, 100'000));
  EXPECT_EQ(fit.verdict, Verdict::empties);
  EXPECT_EQ(fit.binds, Limit::out);
  EXPECT_EQ(fit.margin, 0);
}

TEST(Fit, BindsOnPacketsWhereTheyAreShortAndTheLimitIsGiven) {
  const Traffic one = wire_bytes_of({.per_second = 1, .request = {64}, .response = {64}});
  const Workload load = repeated(one, 100'000).value();
  const CreditTerms large = terms({10'000 * kMbit}, {10'000 * kMbit}, 0);
  EXPECT_EQ(of(load, large).binds, Limit::out);
  const Fit fit = of(load, large, {.packets_per_second = 150'000});
  EXPECT_EQ(fit.verdict, Verdict::exceeds);
  EXPECT_EQ(fit.binds, Limit::packets);
  EXPECT_TRUE(crosses_given_limit(fit));
  EXPECT_EQ(of(load, large, {.packets_per_second = 200'000}).verdict, Verdict::for_ever);
  EXPECT_EQ(most_per_second(one, large, {.packets_per_second = 150'000}), 75'000U);
  EXPECT_NE(short_packets(load).find("mean 130 B"), std::string::npos);
}

TEST(Fit, BindsOnConnections) {
  const CreditTerms large = terms({10'000 * kMbit}, {10'000 * kMbit}, 0);
  const auto with = [&](std::uint64_t limit) {
    return of(out({1000}), large,
              {.packets_per_second = {}, .connections = 1000, .connections_limit = limit});
  };
  EXPECT_EQ(with(1000).verdict, Verdict::for_ever);
  EXPECT_EQ(with(999).verdict, Verdict::exceeds);
  EXPECT_EQ(with(999).binds, Limit::connections);
}

InstanceType type(const std::string& name, std::uint64_t baseline, std::uint32_t vcpus = 2) {
  return {.name = name,
          .baseline = {baseline * kMbit},
          .burst = {baseline * kMbit},
          .vcpus = vcpus,
          .source = ""};
}

std::string names(const std::vector<Candidate>& shown) {
  std::string text;
  for (const Candidate& one : shown) text += one.type->name + " ";
  return text;
}

TEST(Candidates, AreTheSmallestFirstWithAFewThatNearlyDo) {
  const std::vector<InstanceType> types{type("x.big", 80), type("x.b", 8, 4), type("x.a", 8, 2),
                                        type("x.one", 1),  type("x.two", 2),  type("x.three", 3),
                                        type("x.four", 4)};
  std::vector<const InstanceType*> all;
  for (const InstanceType& one : types) all.push_back(&one);
  const auto sorted = candidates(all, out({1'000'000}), {});
  EXPECT_EQ(names(sorted), "x.one x.two x.three x.four x.a x.b x.big ");
  EXPECT_EQ(names(worth_showing(sorted, 10)), "x.two x.three x.four x.a x.b x.big ");
  EXPECT_EQ(names(worth_showing(sorted, 2)), "x.four x.a ");
  EXPECT_EQ(names(worth_showing(sorted, 1)), "x.a ");
  EXPECT_EQ(names(worth_showing(candidates(all, out({100'000'000}), {}), 2)), "x.b x.big ");
  const GivenLimits few{.packets_per_second = 1, .connections = {}, .connections_limit = {}};
  EXPECT_EQ(names(worth_showing(candidates(all, out({100'000}), few), 2)), "x.one x.two ");
}

}  // namespace
}  // namespace cgtally::sizing
