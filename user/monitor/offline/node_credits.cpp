// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/node_credits.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <optional>

#include "adapters/csv/credits.h"
#include "adapters/csv/nodes.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/nodes/node_table.h"
#include "core/series/intervals.h"
#include "monitor/offline/series_nodes.h"

namespace cgtally::monitor {
namespace {

// An interval faster than the burst: the unit, the type or a row is wrong, or it is a moment's
// excess that the limiter lets through.
struct TooFast {
  std::size_t rows = 0;
  std::uint32_t first_line = 0;
  Nanoseconds first_end{};
  double most = 0;  // bit/s
  Direction direction = Direction::tx;
};

// Judges one node, for judge_nodes().
class NodeJudge {
 public:
  NodeJudge(const Series& series, const Instance& instance, const ReplayCreditOptions& options,
            NewCsv& csv)
      : series_(series),
        burst_(static_cast<double>(instance.terms.burst.bits_per_second)),
        csv_(csv),
        model_(shown_name(instance), instance.terms, options.instance.start, kReplayWarning,
               csv.wanted()
                   ? CreditReplay::OnReport([this](const CreditReport& report) { write(report); })
                   : CreditReplay::OnReport{}) {
    model_.watch_only({.rx = series.has(Direction::rx), .tx = series.has(Direction::tx)},
                      node_name(series));
  }

  Result<void> run() {
    auto facts = make_intervals(series_, [this](const SeriesInterval& interval) {
      note_excess(interval);
      model_.add(interval);
    });
    if (!facts) return std::unexpected(std::move(facts).error());
    facts_ = *facts;
    result_ = *model_.finish();
    return written_;
  }

  [[nodiscard]] const CreditReplayResult& result() const { return result_; }
  [[nodiscard]] std::vector<std::string> sources() const { return source_lines(series_, facts_); }
  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> lines = note_lines(series_, facts_);
    if (too_fast_.rows > 0) std::ranges::move(note_line(excess_words()), std::back_inserter(lines));
    return lines;
  }

 private:
  void write(const CreditReport& report) {
    if (!csv_.wanted() || !written_) return;
    for (std::string& row : csv::credits_rows(report)) {
      if (written_) written_ = csv_.add(std::move(row));
    }
  }

  void note_excess(const SeriesInterval& interval) {
    constexpr double kBitsPerByte = 8;
    constexpr double kClearly = 1.02;
    const double seconds = std::chrono::duration<double>(interval.length).count();
    for (const Direction direction : kDirections) {
      const double rate = interval.bytes[direction] * kBitsPerByte / seconds;
      if (!series_.has(direction) || !(rate > kClearly * burst_)) continue;
      if (too_fast_.rows++ == 0) {
        too_fast_.first_line = interval.line;
        too_fast_.first_end = interval.end;
        too_fast_.direction = direction;
      }
      too_fast_.most = std::max(too_fast_.most, rate);
    }
  }

  [[nodiscard]] std::string excess_words() const {
    const std::string where = too_fast_.first_line > 0
                                  ? fmt::format("line {}", too_fast_.first_line)
                                  : format_date_time(too_fast_.first_end);
    const std::string more =
        too_fast_.rows > 1 ? fmt::format(" and {} more", format_count(too_fast_.rows - 1)) : "";
    return fmt::format(
        "{}{}, column {}: up to {} is above the burst, {}: check --unit and the type", where, more,
        series_.columns[too_fast_.direction],
        format_bit_rate({static_cast<std::uint64_t>(std::min(too_fast_.most, 9e18))}),
        format_bit_rate({static_cast<std::uint64_t>(burst_)}));
  }

  const Series& series_;
  double burst_;
  NewCsv& csv_;
  Result<void> written_;
  CreditReplay model_;
  IntervalFacts facts_;
  CreditReplayResult result_;
  TooFast too_fast_;
};

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Result<void> write_nodes(const std::vector<NodeRow>& rows, const csv::RowFile& file) {
  NewCsv csv(file, csv::nodes_header());
  for (const NodeRow& row : rows) {
    if (auto added = csv.add(csv::nodes_row(row)); !added) return added;
  }
  return csv.finish();
}

std::string several_text(const std::vector<NodeRow>& rows, const CreditReport& any,
                         std::size_t nodes, const std::string& sources) {
  const std::string type =
      any.instance.name.empty() ? "" : fmt::format(" as {}", printable(any.instance.name));
  return fmt::format("{} nodes, each judged{}: baseline {}, burst {}\n\n{}\n{}",
                     format_count(nodes), type, format_bit_rate(any.directions.tx.terms.baseline),
                     format_bit_rate(any.directions.tx.terms.burst), joined_lines(node_table(rows)),
                     sources);
}

}  // namespace

Result<std::string> judge_nodes(std::vector<Series> nodes, const ReplayCreditOptions& options,
                                const csv::RowFile& file) {
  if (!options.wanted()) {
    return std::unexpected(
        usage_error(fmt::format("{}: figures of another monitor are judged by an instance's limits",
                                nodes.front().format),
                    "give --instance TYPE, or --baseline and --burst"));
  }
  const auto instance = find_instance(options.instance, "");
  if (!instance) return std::unexpected(instance.error());
  NewCsv credits(options.rows, csv::credits_header());
  std::vector<JudgedNode> judged;
  std::string sources;
  std::string notes;
  for (Series& node : nodes) {
    NodeJudge judge(node, *instance, options, credits);
    if (auto done = judge.run(); !done) return std::unexpected(std::move(done).error());
    judged.push_back({.name = node_name(node), .result = judge.result()});
    sources += joined_lines(judge.sources());
    const std::string own = joined_lines(judge.notes());
    // With several nodes the notes stand below their file; the same one is said once.
    if (nodes.size() > 1) {
      sources += own;
    } else {
      notes += own;
    }
    node.points = {};
  }
  const std::vector<NodeRow> rows = ranked_rows(judged);
  if (auto finished = credits.finish(); !finished) {
    return std::unexpected(std::move(finished).error());
  }
  if (auto written = write_nodes(rows, file); !written) {
    return std::unexpected(std::move(written).error());
  }
  std::string own;
  for (const std::string& note : instance->notes) own += note + "\n";
  if (judged.size() > 1) {
    return own + several_text(rows, judged.front().result.last, judged.size(), sources);
  }
  return fmt::format("{}\n{}{}{}", sources, own,
                     joined_lines(credit_replay_lines(judged.front().result)), notes);
}

Result<std::string> compare_types(std::vector<Series> nodes, const ReplayCreditOptions& options,
                                  const csv::RowFile& file) {
  if (nodes.size() > 1) {
    return std::unexpected(
        usage_error(fmt::format("the files are of {} nodes: {}, {}", format_count(nodes.size()),
                                node_name(nodes.front()), node_name(nodes.back())),
                    "give those of one: --as sets one recording against several types"));
  }
  auto what_if = WhatIfReport::start(options.as, options.instance.catalogue);
  if (!what_if) return std::unexpected(std::move(what_if).error());
  const auto facts = make_intervals(
      nodes.front(), [&what_if](const SeriesInterval& interval) { (*what_if)->add(interval); });
  if (!facts) return std::unexpected(facts.error());
  auto text = (*what_if)->finish(file);
  if (!text) return text;
  return fmt::format("{}\n{}{}", joined_lines(source_lines(nodes.front(), *facts)), *text,
                     joined_lines(note_lines(nodes.front(), *facts)));
}

}  // namespace cgtally::monitor
