// SPDX-License-Identifier: Apache-2.0
// Numbers with separators are read the one way that the file allows, or not at all.
#include "core/series/numbers.h"

#include <gtest/gtest.h>

#include "core/series/series.h"

namespace cgtally {
namespace {

double only(const std::string& text) {
  NumberReader reader;
  const auto read = reader.read(text);
  EXPECT_TRUE(read) << text;
  EXPECT_TRUE(read && !read->other) << text << " has two readings";
  return read ? read->value : -1;
}

TEST(NumberReader, ReadsWhatHasOneReading) {
  EXPECT_EQ(only("12500000"), 12'500'000);
  EXPECT_EQ(only(" 12.5 "), 12.5);
  EXPECT_EQ(only("1e3"), 1000);
  EXPECT_EQ(only("9000,25"), 9000.25);
  EXPECT_EQ(only("0,125"), 0.125);
  EXPECT_EQ(only("1234,567"), 1234.567);
  EXPECT_EQ(only("1,721,992,142.283"), 1'721'992'142.283);
  EXPECT_EQ(only("1.721.992,28"), 1'721'992.28);
  EXPECT_EQ(only("1,234,567"), 1'234'567);
  EXPECT_EQ(only("1.234.567"), 1'234'567);
  EXPECT_EQ(only("1 234 567,5"), 1'234'567.5);
  EXPECT_EQ(only("1'234.5"), 1234.5);
  EXPECT_EQ(only("1\u2019234\u2019567.5"), 1'234'567.5);  // a Swiss browser's apostrophe
  EXPECT_EQ(only("1\u2009234\u2009567,5"), 1'234'567.5);  // a thin space
}

TEST(NumberReader, KnowsEveryWordForMissing) {
  for (const char* const text :
       {"", "NaN", "nan", "null", "-", "N/A", "undefined", "#N/A", "\\N", "--"}) {
    EXPECT_TRUE(is_missing(only(text))) << text;
  }
}

TEST(NumberReader, KeepsBothReadingsUntilTheFileTells) {
  NumberReader reader;
  const auto doubted = reader.read("1,234");
  ASSERT_TRUE(doubted && doubted->other);
  EXPECT_EQ(doubted->value, 1234);
  EXPECT_EQ(*doubted->other, 1.234);
  EXPECT_EQ(reader.in_doubt(), "1,234");
  EXPECT_EQ(reader.mark(), DecimalMark::unknown);
  ASSERT_TRUE(reader.read("12,5"));
  EXPECT_EQ(reader.mark(), DecimalMark::comma);
  EXPECT_EQ(reader.read("1,234")->value, 1.234);
  EXPECT_EQ(reader.read("1.234")->value, 1234);
}

TEST(NumberReader, RefusesTwoDecimalMarksInOneFile) {
  NumberReader reader;
  ASSERT_TRUE(reader.read("12.5"));
  const auto other = reader.read("9000,25");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().what, "\"9000,25\" has a decimal comma, and \"12.5\" has a point");
}

TEST(NumberReader, RefusesWhatIsNoAmount) {
  NumberReader reader;
  for (const char* const text : {"one", "-1", "1e300", "1,2,3", "12,34,567", "inf", "0x10"}) {
    EXPECT_FALSE(reader.read(text)) << text;
  }
}

}  // namespace
}  // namespace cgtally
