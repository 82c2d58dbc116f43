// SPDX-License-Identifier: Apache-2.0
// HTML and SVG as text: no name gets out of its place, axes have round marks, and steps are drawn
// where they are.
#include "core/html/html.h"

#include <gtest/gtest.h>

#include "core/html/plot.h"
#include "core/html/scale.h"

namespace cgtally::html {
namespace {

constexpr Nanoseconds kNoon = std::chrono::seconds{1'795'262'400};  // 2026-11-21 12:00:00Z

std::string words_of(const std::vector<Mark>& marks) {
  std::string words;
  for (const Mark& mark : marks) words += mark.words + "|";
  return words;
}

TEST(Html, LeavesNoNameAWayOutOfTextOrAttributes) {
  EXPECT_EQ(escaped("<b a='1' c=\"2\">&amp;\x1b\xff"),
            "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;\\x1b\\xff");
  EXPECT_EQ(element("p", "1 < 2"), "<p>1 &lt; 2</p>\n");
  EXPECT_EQ(element("p", "x", "lead"), "<p class=\"lead\">x</p>\n");
  EXPECT_EQ(escaped_lines("<a>\n  b\n"), "&lt;a&gt;\n  b\n");
}

TEST(Html, KeepsANumberAndItsUnitOnOneLine) {
  EXPECT_EQ(escaped_sentence("It sent 605.4 MB, 89.7 % of all"),
            "It sent 605.4&nbsp;MB, 89.7&nbsp;% of all");
}

TEST(HtmlTable, PutsFiguresToTheRightAndEscapesEachCell) {
  Table table("A <caption>", {"Name", "Bytes"}, 1);
  EXPECT_TRUE(table.empty());
  table.add({"<x>", "7"});
  const std::string html = table.html();
  EXPECT_NE(html.find("<caption>A &lt;caption&gt;</caption>"), std::string::npos);
  EXPECT_NE(html.find("<tr><td>&lt;x&gt;</td><td class=\"n\">7</td></tr>"), std::string::npos);
}

TEST(Scale, HasRoundValuesInOneUnitUpToTheTop) {
  EXPECT_EQ(words_of(value_marks(381e6, 4, Quantity::bit_rate)),
            "0|100 Mbit/s|200 Mbit/s|300 Mbit/s|400 Mbit/s|");
  EXPECT_EQ(words_of(value_marks(9.1e9, 4, Quantity::bytes)), "0|2.5 GB|5 GB|7.5 GB|10 GB|");
  EXPECT_EQ(words_of(value_marks(900, 4, Quantity::bytes)), "0|0.25 kB|0.5 kB|0.75 kB|1 kB|");
  EXPECT_EQ(value_marks(0, 4, Quantity::bytes).size(), 5U);
}

TEST(Scale, HasRoundMomentsAndNamesADayWhereItBegins) {
  EXPECT_EQ(words_of(time_marks(kNoon, kNoon + std::chrono::seconds{16}, 4)),
            "12:00:00|12:00:05|12:00:10|12:00:15|");
  EXPECT_EQ(words_of(time_marks(kNoon, kNoon + std::chrono::hours{24}, 4)),
            "12:00|18:00|11-22|06:00|12:00|");
  EXPECT_EQ(words_of(time_marks(kNoon, kNoon + std::chrono::hours{24 * 40}, 4)),
            "12-03|12-17|12-31|");
}

TEST(Scale, EndsForLengthsOfAllKinds) {
  for (std::int64_t seconds = 0; seconds < std::int64_t{4'000'000'000}; seconds = seconds * 3 + 1) {
    EXPECT_LE(time_marks(kNoon, kNoon + std::chrono::seconds{seconds}, 8).size(), 10U) << seconds;
  }
}

// At 960 x 260 the plot is from x = 74 to 952, and from y = 16 to 236.
std::string drawn(const std::vector<Step>& steps) {
  Plot plot({.begin = kNoon, .end = kNoon + std::chrono::seconds{10}, .top = 100}, kWidePlot);
  plot.line(steps, "c0");
  const std::string svg = std::move(plot).svg("a <plot>", "wide-plot");
  const std::string opening = "<path class=\"line c0\" d=\"";
  const auto found = svg.find(opening);
  if (found == std::string::npos) return {};
  const auto from = found + opening.size();
  return svg.substr(from, svg.find('"', from) - from);
}

Step step(int begin_s, int end_s, double value) {
  return {.begin = kNoon + std::chrono::seconds{begin_s},
          .end = kNoon + std::chrono::seconds{end_s},
          .low = 0,
          .high = value};
}

TEST(Plot, DrawsStepsAndBreaksWhereNothingWasRecorded) {
  EXPECT_EQ(drawn({step(0, 5, 100), step(5, 10, 50)}), "M74 16H513V126H952");
  EXPECT_EQ(drawn({step(0, 5, 100), step(6, 10, 100)}), "M74 16H513M600.8 16H952");
  EXPECT_EQ(drawn({step(0, 5, 25), step(5, 10, 25)}), "M74 181H952");
  EXPECT_EQ(drawn({}), "");
}

TEST(Plot, ClosesAnAreaAlongItsLowerEdge) {
  Plot plot({.begin = kNoon, .end = kNoon + std::chrono::seconds{10}, .top = 100}, kWidePlot);
  Step first = step(0, 5, 100);
  Step second = step(5, 10, 50);
  first.low = 50;
  plot.area({first, second}, "c1");
  EXPECT_NE(std::move(plot).svg("", "").find("d=\"M74 16H513V126H952V236H513V126H74Z\""),
            std::string::npos);
}

TEST(Plot, NamesItselfForThoseWhoDoNotSeeIt) {
  Plot plot({.begin = kNoon, .end = kNoon, .top = 0}, kNarrowPlot);
  plot.stem(kNoon, 1, "bad", "<script>");
  const std::string svg = std::move(plot).svg("Rates of <x>", "narrow-plot");
  EXPECT_NE(svg.find("role=\"img\" aria-label=\"Rates of &lt;x&gt;\""), std::string::npos);
  EXPECT_NE(svg.find("<title>&lt;script&gt;</title>"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

}  // namespace
}  // namespace cgtally::html
