// SPDX-License-Identifier: Apache-2.0
#include "core/nodes/node_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

constexpr std::size_t kName = 18;

// When a node was, or at the earliest will be, empty; 1970 plus infinity if that is not in sight.
double empty_at_s(const NodeRow& row) {
  const auto seconds = [](Nanoseconds wall) { return std::chrono::duration<double>(wall).count(); };
  if (row.history.first_wall) return seconds(*row.history.first_wall);
  if (row.empty) return seconds(row.end) + row.empty->lo_s;
  return std::numeric_limits<double>::infinity();
}

std::string empty_words(const NodeRow& row) {
  if (row.history.first_wall) return time_beside(*row.history.first_wall, row.begin, row.end);
  if (row.empty && row.empty->lo_s <= 0 && !row.empty->hi_s) return "not known";
  if (row.empty) return fmt::format("in {}", format_time_to_empty(*row.empty));
  return "-";
}

}  // namespace

std::vector<NodeRow> ranked_rows(const std::vector<JudgedNode>& nodes) {
  std::vector<NodeRow> rows;
  for (const JudgedNode& node : nodes) {
    for (const Direction direction : kCreditOrder) {
      const DirectionCredit& credit = node.result.last.directions[direction];
      if (!credit.watched) continue;
      rows.push_back({.name = node.name,
                      .direction = direction,
                      .state = credit.state,
                      .history = node.result.histories[direction],
                      .balance = credit.balance,
                      .empty = credit.empty,
                      .begin = node.result.begin,
                      .end = node.result.last.taken.wall});
    }
  }
  std::ranges::stable_sort(rows, {}, [](const NodeRow& row) {
    const bool was_empty = row.history.first_wall.has_value();
    const double left = row.history.lowest ? row.history.lowest->lo : 0;
    return std::tuple(!was_empty, empty_at_s(row), left);
  });
  return rows;
}

std::vector<std::string> node_table(const std::vector<NodeRow>& rows) {
  std::vector<std::string> shown;
  for (const NodeRow& row : rows) shown.push_back(row.name);
  shown = shorten_all(shown, kName);
  std::vector<std::string> lines{fmt::format("{} {:<2} {:<9} {:>9} {:<16} {}",
                                             pad_right("NODE", kName), "", "AT END", "EXHAUSTED",
                                             "LOWEST", "EMPTY")};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const NodeRow& row = rows[i];
    const std::string lowest =
        row.history.lowest ? format_byte_range(*row.history.lowest) : std::string("-");
    const std::string exhausted = row.history.exhaustions == 0
                                      ? std::string("never")
                                      : format_duration(row.history.exhausted);
    lines.push_back(fmt::format("{} {:<2} {:<9} {:>9} {:<16} {}", pad_right(shown[i], kName),
                                direction_name(row.direction), credit_state_name(row.state),
                                exhausted, lowest, empty_words(row)));
  }
  return lines;
}

}  // namespace cgtally
