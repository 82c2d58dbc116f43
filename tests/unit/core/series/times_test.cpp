// SPDX-License-Identifier: Apache-2.0
// Times in every form that monitors write.
#include "core/series/times.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kMoment = 1'795'687'200s;  // 2026-11-26 10:00:00 UTC

Nanoseconds utc(std::string_view text) {
  const auto read = parse_series_time(text);
  EXPECT_TRUE(read && !read->local) << text;
  return read ? read->value : Nanoseconds{-1};
}

Nanoseconds local(std::string_view text) {
  const auto read = parse_series_time(text);
  EXPECT_TRUE(read && read->local) << text;
  return read ? read->value : Nanoseconds{-1};
}

TEST(SeriesTimes, AreReadInEachUsualForm) {
  EXPECT_EQ(utc("1795687200"), kMoment);
  EXPECT_EQ(utc("1795687200.5"), kMoment + 500ms);
  EXPECT_EQ(utc("1795687200500"), kMoment + 500ms);
  EXPECT_EQ(utc("1795687200000500"), kMoment + 500us);
  EXPECT_EQ(utc("1795687200000000500"), kMoment + 500ns);
  EXPECT_EQ(utc("2026-11-26T10:00:00Z"), kMoment);
  EXPECT_EQ(utc("2026-11-26T10:00:00.250Z"), kMoment + 250ms);
  EXPECT_EQ(utc("2026-11-26T10:00:00+00:00"), kMoment);
  EXPECT_EQ(utc("2026-11-26T21:00:00+11:00"), kMoment);
  EXPECT_EQ(utc("2026-11-26T05:00:00-0500"), kMoment);
  EXPECT_EQ(utc("2026-11-26 10:00:00 UTC"), kMoment);
  EXPECT_EQ(utc("2026-11-26 10:00Z"), kMoment);
  EXPECT_EQ(local("2026-11-26 10:00:00"), kMoment);
  EXPECT_EQ(local("2026-11-26T10:00:00"), kMoment);
  EXPECT_EQ(local("2026/11/26 10:00:00"), kMoment);
  EXPECT_EQ(local("26.11.2026 10:00"), kMoment);
  EXPECT_EQ(local("2026-11-26 10:00:00 AM"), kMoment);
  EXPECT_EQ(local("2026-11-26 10:00 PM"), kMoment + 12h);
  EXPECT_EQ(local("2026-11-26 12:30 AM"), kMoment - 9h - 30min);
}

TEST(SeriesTimes, WithANamedZoneAskForItsMeaning) {
  const auto read = parse_series_time("2026-11-26 10:00:00 CET");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->zone, "CET");
  EXPECT_TRUE(read->local);
}

TEST(SeriesTimes, OfDayHaveNoDate) {
  const auto read = parse_series_time("23:59:58");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->clock_only);
  EXPECT_EQ(read->value, 23h + 59min + 58s);
}

TEST(SeriesTimes, AreRefusedIfTheyCanBeReadTwoWaysOrNotAtAll) {
  EXPECT_EQ(parse_series_time("11/12/2026 10:00:00").error().what,
            "\"11/12/2026 10:00:00\" can be read two ways: day or month first");
  for (const char* const text :
       {"", "noon", "-5", "nan", "2026-11-31 10:00:00", "2026-11-26 25:00:00",
        "2026-11-26 10:00:00 +1x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_series_time(text)) << text;
  }
}

}  // namespace
}  // namespace cgtally
