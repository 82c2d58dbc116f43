// SPDX-License-Identifier: Apache-2.0
// Names in columns: cut, padded and made harmless; and wall time as text, both ways.
#include "core/base/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

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

TEST(Shorten, LeavesTheLastComponentAndTheMarkWhereLittleElseFits) {
  EXPECT_EQ(shorten("/system.slice/redis.service", 16), "../redis.service");
  EXPECT_EQ(shorten("/system.slice/redis.service", 15), "..redis.service");
}

TEST(Shorten, LeavesTheLastComponentAloneWhereTheMarkWouldCutIt) {
  EXPECT_EQ(shorten("/system.slice/redis.service", 14), "redis.service");
}

TEST(Shorten, NeverLeavesACutPathLookingWhole) {
  const std::string text = "/system.slice/redis.service";
  for (std::size_t width = 3; width < text.size(); ++width) {
    const std::string cut = shorten(text, width);
    EXPECT_TRUE(cut.find("..") != std::string::npos || !cut.starts_with('/')) << cut;
  }
}

TEST(ShortenAll, KeepsDifferentPathsDifferent) {
  const std::vector<std::string> pods = {"/kubepods/pod11111111-aaaa/redis",
                                         "/kubepods/pod22222222-bbbb/redis",
                                         "/kubepods/pod33333333-cccc/nginx"};
  for (std::size_t width = 9; width < 40; ++width) {
    const auto cut = shorten_all(pods, width);
    EXPECT_EQ(std::set(cut.begin(), cut.end()).size(), 3U) << width << ' ' << cut[0];
    for (const std::string& one : cut) EXPECT_LE(display_width(one), width);
  }
  const auto cut = shorten_all(pods, 20);
  EXPECT_TRUE(cut[0].starts_with("../redis~") || cut[0].find("redis~") != std::string::npos);
  EXPECT_EQ(cut[2], shorten(pods[2], 20)) << "the only one of its name needs no mark";
  EXPECT_EQ(shorten_all({pods[1], pods[0]}, 20)[1], cut[0]) << "the mark is the path's own";
}

TEST(ShortenAll, OneNameOfTwoThingsIsMarkedAlsoWhereItFits) {
  const std::vector<std::size_t> widths(3, 40);
  const auto names =
      shorten_all({"web", "web", "db"}, {"/docker/1", "/docker/2", "/docker/3"}, widths);
  EXPECT_NE(names[0], names[1]);
  EXPECT_TRUE(names[0].starts_with("web~") && names[1].starts_with("web~")) << names[0];
  EXPECT_EQ(names[2], "db");
  EXPECT_EQ(shorten_all({"web", "web"}, {"/docker/1", "/docker/1"}, {40, 40})[0], "web");
}

TEST(ShortenAll, GivesTheSameTextTheSameCut) {
  const std::string pod = "/kubepods/pod11111111-aaaa/redis";
  EXPECT_EQ(shorten_all({pod, pod}, 16), std::vector<std::string>(2, shorten(pod, 16)));
}

TEST(Shorten, KeepsBothEndsOfALastComponentThatIsTooLong) {
  EXPECT_EQ(shorten("/abcdefghijklmnopqrstuvwxyz", 11), "abc..uvwxyz");
}

TEST(Width, IsThatOfATerminal) {
  EXPECT_EQ(display_width("redis"), 5U);
  EXPECT_EQ(display_width("日本語"), 6U) << "wide";
  EXPECT_EQ(display_width("🚀x"), 3U);
  EXPECT_EQ(display_width("e\u0301te\u0301"), 3U) << "combining";
  EXPECT_EQ(display_width("\xff"), 1U) << "not UTF-8";
  EXPECT_EQ(clip("a日b", 2), "a") << "never half of a character";
  EXPECT_EQ(clip("a日b", 3), "a日");
  EXPECT_EQ(pad_left("日", 4), "  日");
  for (std::size_t width = 0; width < 30; ++width) {
    EXPECT_LE(display_width(shorten("/日本語の名前/日本語の長い名前", width)), width);
  }
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
  EXPECT_EQ(printable("/a\x1b[2Jb\tc\x7f"), R"(/a\x1b[2Jb\x09c\x7f)");
  EXPECT_EQ(printable("x\u009b2Jy\u00e9"), R"(x\xc2\x9b2Jy)"
                                           "\u00e9");
}

TEST(Printable, ShowsNoNameAsAnotherByTurningItsDirectionRound) {
  EXPECT_EQ(printable("a\u202eb"), R"(a\xe2\x80\xaeb)");
  EXPECT_EQ(printable("a\u2028b"), R"(a\xe2\x80\xa8b)");
}

TEST(Printable, ShowsNoCharacterThatTurnsTextRoundOrHasNoShape) {
  std::string all;
  const auto add = [&all](char32_t first, char32_t last) {
    for (char32_t code = first; code <= last; ++code) append_utf8(all, code);
  };
  add(0x80, 0x9F);
  add(0xAD, 0xAD);
  add(0x200B, 0x200F);
  add(0x2028, 0x202E);
  add(0x2060, 0x2069);
  add(0xFEFF, 0xFEFF);
  add(0xE0001, 0xE007F);
  const std::string shown = printable(all);
  EXPECT_TRUE(std::ranges::all_of(shown, [](char c) { return ' ' <= c && c <= '~'; })) << shown;
  EXPECT_EQ(shown.size(), 4 * all.size());
  EXPECT_EQ(printable("\x9b\x31m"), "\\x9b1m") << "C1 as a raw byte";
}

TEST(Printable, EscapesEachByteThatIsNotUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            R"(a\xffb)");
  EXPECT_EQ(printable("\xc0\xaf"), R"(\xc0\xaf)") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), R"(\xed\xa0\x80)") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)") << "beyond U+10FFFF";
  EXPECT_EQ(printable("\xe6\x97"), R"(\xe6\x97)") << "cut off";
  EXPECT_EQ(printable("\u65e5\U0001F600"), "\u65e5\U0001F600");
}

TEST(EscapeName, LeavesTheNamesOfSystemdAsTheyAre) {
  const std::string unit = R"(/system.slice/dev-disk-by\x2duuid.mount)";
  EXPECT_EQ(escape_name(unit), unit);
}

TEST(EscapeName, KeepsDifferentNamesDifferent) {
  EXPECT_EQ(escape_name("a\x1b"), R"(a\x1b)");
  EXPECT_EQ(escape_name(R"(a\x1b)"), R"(a\x5cx1b)");
  EXPECT_EQ(escape_name(R"(a\x5cx1b)"), R"(a\x5cx5cx1b)");
  EXPECT_EQ(escape_name("\\\x1b"), R"(\\x1b)");
}

TEST(EscapeName, ComesOutOfPrintableAsItWentIn) {
  for (const std::string& raw : {std::string("a\x1b\n\xff"), std::string(R"(\x1b)")}) {
    EXPECT_EQ(printable(escape_name(raw)), escape_name(raw));
  }
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

TEST(Wrap, BreaksAtBlanksAndNeverBetweenAFigureAndItsUnit) {
  EXPECT_EQ(wrap("was tx  lowest 13.2..185.0 GB now", 24, 8),
            (std::vector<std::string>{"was tx  lowest", "        13.2..185.0 GB", "        now"}));
  EXPECT_EQ(wrap("short", 24, 8), std::vector<std::string>{"short"});
  const auto cut = wrap(std::string(100, 'y'), 20, 4);
  ASSERT_EQ(cut.size(), 1U);
  EXPECT_EQ(cut[0].size(), 20U);
}

}  // namespace
}  // namespace cgtally
