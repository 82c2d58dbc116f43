// SPDX-License-Identifier: Apache-2.0
// Names in columns: cut, padded and made harmless; and wall time as text, both ways.
#include "core/base/text.h"

#include <gtest/gtest.h>

#include "core/base/timestamp.h"

namespace cgtally {
namespace {

TEST(Letters, ChangeTheirCaseButOnlyAsciiOnes) {
  EXPECT_EQ(upper("quiet (1)"), "QUIET (1)");
  EXPECT_EQ(lower("64Mbit/s \u00c4"), "64mbit/s \u00c4");
}

TEST(Coloured, IsTheTextItselfWithoutColour) {
  EXPECT_EQ(coloured("a", "1;31", true), "\x1b[1;31ma\x1b[0m");
  EXPECT_EQ(coloured("a", "1;31", false), "a");
}

TEST(Shorten, LeavesAloneWhatFits) { EXPECT_EQ(shorten("/a/b", 4), "/a/b"); }

TEST(Shorten, KeepsTheLastComponentWhole) {
  EXPECT_EQ(shorten("/kubepods.slice/kubepods-burstable.slice/redis.service", 28),
            "/kubepods.sl../redis.service");
}

TEST(Shorten, LeavesTheLastComponentAloneWhereLittleElseFits) {
  EXPECT_EQ(shorten("/system.slice/redis.service", 16), "redis.service");
}

TEST(Shorten, KeepsBothEndsOfALastComponentThatIsTooLong) {
  EXPECT_EQ(shorten("/abcdefghijklmnopqrstuvwxyz", 11), "abc..uvwxyz");
}

TEST(Shorten, NeverExceedsTheWidthNorCutsACodePoint) {
  const std::string text = "/sl\u00e4ndr\u00e9/\u65e5\u672c\u8a9e-\u540d\u524d.service";
  for (std::size_t width = 0; width < 30; ++width) {
    const std::string cut = shorten(text, width);
    EXPECT_LE(display_width(cut), width);
    EXPECT_TRUE(cut.empty() || (static_cast<unsigned char>(cut.front()) & 0xC0U) != 0x80U);
    const std::size_t dots = cut.find("..");
    if (dots != std::string::npos && dots + 2 < cut.size()) {
      EXPECT_NE(static_cast<unsigned char>(cut[dots + 2]) & 0xC0U, 0x80U);
    }
  }
}

TEST(Pad, CountsCodePoints) {
  EXPECT_EQ(pad_right("\u00e9", 3), "\u00e9  ");
  EXPECT_EQ(pad_left("ab", 4), "  ab");
  EXPECT_EQ(pad_left("abcd", 2), "abcd");
}

TEST(Printable, LetsNoNameControlTheTerminal) {
  EXPECT_EQ(printable("/a\x1b[2Jb\tc\x7f"), "/a?[2Jb?c?");
  EXPECT_EQ(printable("x\u009b2Jy\u00e9"), "x?2Jy\u00e9");
}

TEST(Timestamp, IsRfc3339WithNanoseconds) {
  const Nanoseconds wall{1'795'261'327'123'456'789};
  EXPECT_EQ(format_timestamp(wall), "2026-11-21T11:42:07.123456789Z");
  EXPECT_EQ(format_date_time(wall), "2026-11-21 11:42:07Z");
  EXPECT_EQ(format_clock(wall), "11:42:07Z");
  EXPECT_EQ(format_timestamp(Nanoseconds{5}), "1970-01-01T00:00:00.000000005Z");
}

TEST(Timestamp, ComesBackAsItWas) {
  for (const std::int64_t wall : {0L, 1L, 951'827'696'999'999'999L, 1'795'261'327'000'000'000L}) {
    EXPECT_EQ(parse_timestamp(format_timestamp(Nanoseconds{wall})), Nanoseconds{wall});
  }
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:01Z"), std::chrono::seconds{1});
  EXPECT_EQ(parse_timestamp("1970-01-01T00:00:00.5Z"), std::chrono::milliseconds{500});
}

TEST(Timestamp, RefusesOtherTexts) {
  for (const char* text :
       {"", "Z", "2026-11-21", "2026-11-21T11:42:07", "2026-11-21 11:42:07Z",
        "2026-13-21T11:42:07Z", "2026-02-29T11:42:07Z", "2026-11-21T24:00:00Z",
        "2026-11-21T11:60:00Z", "2026-11-21T11:42:07.Z", "2026-11-21T11:42:07.1234567890Z",
        "2026-11-21T11:42:07.12x4Z", "2026-11-21T11:42:07+01:00", "1969-12-31T23:59:59Z",
        "2300-01-01T00:00:00Z"}) {
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cgtally
