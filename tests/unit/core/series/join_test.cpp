// SPDX-License-Identifier: Apache-2.0
// Which series belong to one node, and what several interfaces carry together.
#include "core/series/join.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

Series one_direction(const std::string& file, Direction direction, int from, int rows, double value,
                     const std::string& node = "") {
  Series series;
  series.file = file;
  series.node = node;
  series.columns[direction] = "x";
  series.unit = *parse_series_unit("bytes");
  for (int i = from; i < from + rows; ++i) {
    SeriesPoint point{.time = std::chrono::minutes{i}};
    point.value[direction] = value;
    series.points.push_back(point);
  }
  return series;
}

std::vector<Series> joined(std::vector<Series> series, bool by_file = false) {
  auto nodes = join_nodes(std::move(series), by_file);
  EXPECT_TRUE(nodes);
  return nodes ? *std::move(nodes) : std::vector<Series>{};
}

TEST(JoinNodes, PutsPagesThatShareARowTogether) {
  const auto nodes = joined({one_direction("a.json", Direction::tx, 0, 4, 5),
                             one_direction("b.json", Direction::tx, 3, 4, 5)});
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].points.size(), 7U);
  EXPECT_EQ(nodes[0].file, "a.json, b.json");
  ASSERT_EQ(nodes[0].notes.size(), 1U);
}

TEST(JoinNodes, NotesAFigureThatGrowsFromRowToRow) {
  Series series = one_direction("a.csv", Direction::tx, 0, 12, 5);
  EXPECT_TRUE(joined({series})[0].notes.empty());
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    series.points[i].value.tx = 1e12 + static_cast<double>(i);
  }
  ASSERT_EQ(joined({series})[0].notes.size(), 1U);
  EXPECT_EQ(joined({series})[0].notes[0],
            "x grows from row to row, as a counter does: --unit total if it is one");
  series.unit = *parse_series_unit("total");
  EXPECT_TRUE(joined({series})[0].notes.empty());
}

// As CloudWatch's NetworkOut of five minutes beside NetworkIn of one: its Sum would move in a
// minute.
TEST(JoinNodes, KeepsDirectionsApartWhoseRowsAreOfOtherTimes) {
  const Series in = one_direction("in.json", Direction::rx, 0, 50, 5);
  Series out = one_direction("out.json", Direction::tx, 0, 50, 5);
  EXPECT_EQ(joined({in, out}).size(), 1U);
  out.points.resize(49);
  EXPECT_EQ(joined({in, out}).size(), 1U);
  Series coarse = out;
  for (std::size_t i = 0; i < coarse.points.size(); ++i) {
    coarse.points[i].time = 5 * std::chrono::minutes{i};
  }
  EXPECT_EQ(joined({in, coarse}).size(), 2U);
  EXPECT_EQ(joined({coarse, in}).size(), 2U);
  for (SeriesPoint& point : out.points) point.time += std::chrono::seconds{30};
  EXPECT_EQ(joined({in, out}).size(), 2U);
  out.file = in.file;
  EXPECT_FALSE(join_nodes({in, out}, false));
}

TEST(SumOf, InterfacesWhoseRowsAreOfOtherTimesIsRefused) {
  Series late = one_direction("a.csv", Direction::tx, 0, 10, 5);
  for (SeriesPoint& point : late.points) point.time += std::chrono::seconds{1};
  const auto sum = sum_of({one_direction("a.csv", Direction::tx, 0, 10, 5), late});
  ASSERT_FALSE(sum);
  EXPECT_EQ(sum.error().what, "a.csv: the interfaces have rows of different times");
}

TEST(JoinNodes, KeepsFilesOfTheSameTimeApartAsTwoNodes) {
  const std::vector<Series> files{one_direction("a.json", Direction::tx, 0, 40, 5),
                                  one_direction("b.json", Direction::tx, 0, 40, 5)};
  EXPECT_EQ(joined(files).size(), 2U);
}

TEST(JoinNodes, RefusesPagesThatDisagree) {
  auto nodes = join_nodes({one_direction("a.json", Direction::tx, 0, 4, 5),
                           one_direction("b.json", Direction::tx, 3, 4, 6)},
                          false);
  ASSERT_FALSE(nodes);
  EXPECT_NE(nodes.error().hint.find("--by-file"), std::string::npos);
}

TEST(JoinNodes, PutsTheTwoDirectionsOfOneNodeTogether) {
  const std::vector<Series> files{one_direction("out.json", Direction::tx, 0, 4, 5),
                                  one_direction("in.json", Direction::rx, 0, 4, 7)};
  const auto nodes = joined(files);
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].points.at(2).value.rx, 7);
  EXPECT_EQ(nodes[0].points.at(2).value.tx, 5);
  EXPECT_EQ(joined(files, true).size(), 2U);
}

TEST(JoinNodes, KnowsNodesByTheirNames) {
  const auto nodes = joined({one_direction("a", Direction::tx, 0, 9, 5, "i-1"),
                             one_direction("a", Direction::tx, 0, 9, 6, "i-2"),
                             one_direction("a", Direction::rx, 0, 9, 7, "i-1")});
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].points[0].value.rx, 7);
  EXPECT_TRUE(is_missing(nodes[1].points[0].value.rx));
}

TEST(SumOf, AddsInterfacesAndTakesALackingRowForUnknown) {
  Series lacks = one_direction("a", Direction::tx, 0, 5, 10);
  lacks.points.erase(lacks.points.begin() + 2);
  const auto sum = sum_of({lacks, one_direction("a", Direction::tx, 0, 7, 3)});
  ASSERT_TRUE(sum);
  ASSERT_EQ(sum->points.size(), 7U);
  EXPECT_EQ(sum->points[0].value.tx, 13);
  EXPECT_TRUE(is_missing(sum->points[2].value.tx));
  EXPECT_EQ(sum->points[6].value.tx, 3);  // after its last row
}

TEST(SumOf, RefusesCounters) {
  Series counter = one_direction("a", Direction::tx, 0, 5, 10);
  counter.unit = *parse_series_unit("total");
  EXPECT_FALSE(sum_of({counter, counter}));
}

}  // namespace
}  // namespace cgtally
