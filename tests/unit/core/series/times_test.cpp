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

TEST(SeriesTimes, WithoutMarksAreReadIfADateAndATimeOfDayAreThere) {
  EXPECT_EQ(utc("20261126T100000Z"), kMoment);
  EXPECT_EQ(local("20261126 10:00:00"), kMoment);
  EXPECT_EQ(local("20261126T1000"), kMoment);
  EXPECT_EQ(local("20261126100000"), kMoment);
}

TEST(SeriesTimes, OfBrowsersHaveACommaAndNarrowBlanks) {
  EXPECT_EQ(local("26.11.2026, 10:00:00"), kMoment);
  EXPECT_EQ(local("11/26/2026, 10:00:00 AM"), kMoment);
  EXPECT_EQ(local("11/26/2026, 10:00:00\u202FAM"), kMoment);
}

TEST(SeriesTimes, ThatLackDigitsOrHaveAnotherBeginAreRefused) {
  EXPECT_EQ(utc("1.795687200e9"), kMoment);
  for (const char* const text : {"1.79569E+09", "1.8E+12", "134401608000000000" /* Windows */,
                                 "639312840000000000" /* .NET */}) {
    EXPECT_FALSE(parse_series_time(text)) << text;
  }
}

TEST(SeriesTimes, WithoutMarksAloneAreNoSecondsSince1970) {
  for (const char* const text : {"20261126", "2026112610", "202611261000"}) {
    const auto read = parse_series_time(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().what.find("can be read two ways: a date, or a time since 1970"),
              std::string::npos);
  }
  EXPECT_TRUE(parse_series_time("20261326"));  // no such month
  EXPECT_TRUE(parse_series_time("1795687200000"));
}

TEST(SeriesTimes, OfDayMayHaveAmAndPm) {
  const auto read = parse_series_time("12:30:00 AM");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->clock_only);
  EXPECT_EQ(read->value, 30min);
  EXPECT_EQ(parse_series_time("11:55:00 PM")->value, 23h + 55min);
  EXPECT_FALSE(parse_series_time("13:00:00 PM"));
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

TEST(SeriesTimes, WithSlashesTellTheirOrderOrAreGivenBothWays) {
  const auto us = parse_series_time("11/26/2026 10:00:00 PM");
  ASSERT_TRUE(us);
  EXPECT_EQ(us->order, DateOrder::month_first);
  EXPECT_EQ(us->value, parse_series_time("2026-11-26 22:00:00")->value);
  const auto uk = parse_series_time("26/11/2026 22:00");
  ASSERT_TRUE(uk);
  EXPECT_EQ(uk->order, DateOrder::day_first);
  EXPECT_EQ(uk->value, us->value);
  const auto either = parse_series_time("11/12/2026 10:00:00");
  ASSERT_TRUE(either);
  EXPECT_EQ(either->order, DateOrder::either);
  EXPECT_EQ(either->value, parse_series_time("2026-12-11 10:00:00")->value);
  EXPECT_EQ(either->month_first, parse_series_time("2026-11-12 10:00:00")->value);
  EXPECT_EQ(parse_series_time("11/11/2026 10:00")->order, DateOrder::none);
  EXPECT_FALSE(parse_series_time("31/13/2026 10:00"));
}

TEST(SeriesTimes, OfADateAloneAreItsMidnight) {
  for (const char* const text : {"2026-11-26", "2026/11/26", "26.11.2026", "11/26/2026"}) {
    const auto read = parse_series_time(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->value, 1'795'651'200s) << text;
    EXPECT_TRUE(read->local);
  }
}

TEST(SeriesTimes, AreRefusedIfTheyCanBeReadTwoWaysOrNotAtAll) {
  for (const char* const text :
       {"", "noon", "-5", "nan", "2026-11-31 10:00:00", "2026-11-26 25:00:00",
        "2026-11-26 10:00:00 +1x", "99999999999999999999"}) {
    EXPECT_FALSE(parse_series_time(text)) << text;
  }
}

}  // namespace
}  // namespace cgtally
