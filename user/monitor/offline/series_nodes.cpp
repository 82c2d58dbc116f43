// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/series_nodes.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "adapters/series/read.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/series/join.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kColumns = 80;

}  // namespace

Result<FilesKind> kind_of(const std::vector<text::Input>& inputs) {
  const auto ours = [](const text::Input& input) { return series::is_ours(input.head()); };
  if (std::ranges::all_of(inputs, ours)) return FilesKind::ours;
  const auto mine = std::ranges::find_if(inputs, ours);
  if (mine == inputs.end()) return FilesKind::foreign;
  const auto other = std::ranges::find_if_not(inputs, ours);
  return std::unexpected(usage_error(
      fmt::format("{} is a recording of cgtally, and {} is not", mine->name(), other->name()),
      "give files of one kind at once"));
}

Result<std::vector<Series>> read_nodes(std::vector<text::Input>& inputs,
                                       const series::ReadOptions& options, bool by_file) {
  std::vector<Series> all;
  for (text::Input& input : inputs) {
    auto read = series::read_series(input, options);
    if (!read) return std::unexpected(std::move(read).error());
    std::ranges::move(*read, std::back_inserter(all));
  }
  return join_nodes(std::move(all), by_file);
}

std::string node_name(const Series& series) {
  return printable(series.node.empty() ? series.file : series.node);
}

std::vector<std::string> source_lines(const Series& series, const IntervalFacts& facts) {
  const std::string node = series.node.empty() ? "" : fmt::format(" of {}", printable(series.node));
  std::vector<std::string> lines = wrap(
      fmt::format("{}: {}{}", printable(series.file), printable(series.format), node), kColumns, 2);
  const std::string kind = series.unit.kind == SeriesKind::total_bytes ? "a counter of bytes"
                           : series.unit.kind == SeriesKind::interval_bytes
                               ? "each with its bytes"
                               : "in " + series.unit.name;
  const std::string text =
      fmt::format("  {} {} of {}, {}; {} to {}", format_count(facts.rows),
                  facts.rows == 1 ? "row" : "rows", format_duration(facts.usual), kind,
                  format_date_time(facts.begin), time_beside(facts.end, facts.begin, facts.end));
  std::ranges::move(wrap(text, kColumns, 2), std::back_inserter(lines));
  return lines;
}

std::vector<std::string> note_line(const std::string& sentence) {
  constexpr std::size_t kIndent = 8;
  return wrap(fmt::format("{:<8}{}", "NOTE", sentence), kColumns, kIndent);
}

std::vector<std::string> note_lines(const Series& series, const IntervalFacts& facts) {
  std::vector<std::string> lines;
  const auto add = [&lines](const std::string& sentence) {
    std::ranges::move(note_line(sentence), std::back_inserter(lines));
  };
  for (const std::string& note : series.notes) add(note);
  if (facts.other_length) {
    add(fmt::format("{}: taken for their length (--period {} if rows are missing there)",
                    *facts.other_length,
                    fmt::format("{:.0f}s", std::chrono::duration<double>(facts.usual).count())));
  }
  if (facts.restarts > 0) {
    add(fmt::format("the counter began again {} {}: what passed before that is not known",
                    format_count(facts.restarts), facts.restarts == 1 ? "time" : "times"));
  }
  if (facts.dips > 0) {
    add(fmt::format(
        "the counter fell for a moment {} {}, as where two monitors take turns: what passed "
        "meanwhile is its gain or more",
        format_count(facts.dips), facts.dips == 1 ? "time" : "times"));
  }
  return lines;
}

}  // namespace cgtally::monitor
