// SPDX-License-Identifier: Apache-2.0
#include "core/credits/replay.h"

#include <algorithm>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/alarm.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

constexpr std::size_t kMostNamed = 5;

double middle(const ByteRange& range) {
  return range.bounded() ? (range.lo + range.hi) / 2 : range.lo;
}

// A moment this much later than its rows' own interval says that something between is missing.
bool is_gap(Nanoseconds elapsed, Nanoseconds interval) { return elapsed > interval + interval / 2; }

}  // namespace

CreditReplay::CreditReplay(InstanceName instance, const CreditTerms& terms, BucketStart start,
                           Nanoseconds warn, OnReport on_report)
    : terms_(terms), start_(start), warn_(warn), on_report_(std::move(on_report)) {
  shape_.instance = std::move(instance);
  result_.ways = {{.way = Direction::tx}, {.way = Direction::rx}};
}

Result<void> CreditReplay::add(const Sample& row) {
  if (last_row_ && last_row_->host != row.host) {
    return std::unexpected(
        Error{.what = "rows of " + row.host + " behind those of " + last_row_->host,
              .hint = "credits are those of one instance: replay each host by itself",
              .failure = Failure::usage});
  }
  if (!rows_.empty() && rows_.back().taken.boot != row.taken.boot) flush();
  shape_.host = row.host;
  last_row_ = row;
  rows_.push_back(row);
  return {};
}

void CreditReplay::flush() {
  if (rows_.empty()) return;
  const std::vector<Sample> rows = std::exchange(rows_, {});
  const Moment now = rows.front().taken;
  CreditInterval interval{.now = now, .elapsed = rows.front().interval, .charged = {}};
  for (const Sample& row : rows) {
    interval.charged += row.delta;
    interval.elapsed = std::min(interval.elapsed, row.interval);
  }
  const bool same_ledger = ledger_ == rows.front().ledger;
  ledger_ = rows.front().ledger;
  if (flushed_ && same_ledger) {
    // Totals cover whatever lies between.
    const Nanoseconds elapsed = now.boot - flushed_->boot;
    if (is_gap(elapsed, interval.elapsed)) return pause(now, elapsed, interval.charged);
    interval.elapsed = elapsed;
  } else if (flushed_) {
    const Nanoseconds gap = now.boot - interval.elapsed - flushed_->boot;
    if (now.boot <= flushed_->boot) {
      credits_->lose_track(now, "reboot or stop/start, cannot tell");
    } else if (gap > Nanoseconds::zero()) {
      pause({.boot = now.boot - interval.elapsed, .wall = now.wall - interval.elapsed}, gap,
            std::nullopt);
    }
  }
  advance(interval, rows);
}

void CreditReplay::add(const SeriesInterval& interval) {
  if (credits_ && interval.gap_before > Nanoseconds::zero()) {
    const Nanoseconds end = interval.now.boot - interval.elapsed;
    pause({.boot = end, .wall = end}, interval.gap_before, std::nullopt);
  }
  advance({.now = interval.now, .elapsed = interval.elapsed, .charged = interval.moved}, {});
}

void CreditReplay::begin(const Moment& start) {
  if (!credits_) credits_.emplace(terms_, terms_, start_, start);
}

void CreditReplay::advance(const CreditInterval& interval, const std::vector<Sample>& rows) {
  begin(
      {.boot = interval.now.boot - interval.elapsed, .wall = interval.now.wall - interval.elapsed});
  credits_->advance(interval);
  credits_->name(rows, interval.now);
  report(interval.now, interval.elapsed);
}

void CreditReplay::pause(const Moment& now, Nanoseconds gap,
                         const std::optional<Traffic>& charged) {
  ++result_.gaps;
  result_.gap += gap;
  credits_->pause(now, gap, charged);
  flushed_ = now;
}

void CreditReplay::report(const Moment& now, Nanoseconds elapsed) {
  flushed_ = now;
  ++result_.intervals;
  CreditReport report = shape_;
  report.taken = now;
  report.ways = credits_->ways(kMostNamed);
  for (std::size_t i = 0; i < report.ways.size(); ++i) {
    const DirectionCredit& credit = report.ways[i];
    CreditHistory& history = result_.ways[i];
    const bool exhausted = credit.state == CreditState::exhausted;
    if (exhausted) {
      history.exhaustions += was_exhausted_[i] ? 0 : 1;
      history.exhausted += elapsed;
      history.first_wall = history.first_wall.value_or(now.wall);
    }
    was_exhausted_[i] = exhausted;
    if (!history.lowest || middle(credit.balance) < middle(*history.lowest)) {
      history.lowest = credit.balance;
    }
    if (!history.first_danger && danger_of(credit, warn_) != CreditDanger::none) {
      history.first_danger = now.wall;
    }
  }
  if (on_report_) on_report_(report);
  result_.last = std::move(report);
}

std::optional<CreditReplayResult> CreditReplay::finish() {
  flush();
  if (!credits_) return std::nullopt;
  return result_;
}

std::vector<std::string> credit_replay_lines(const CreditReplayResult& result) {
  std::vector<std::string> lines = credit_screen(result.last, {.columns = 80});
  for (const CreditHistory& history : result.ways) {
    std::string line = pad_right("was " + std::string(direction_name(history.way)), 8);
    if (history.exhaustions == 0) {
      line += "never exhausted";
    } else {
      line += "exhausted " + format_count(history.exhaustions) +
              (history.exhaustions == 1 ? " time, " : " times, ") +
              format_duration(history.exhausted) + " in all, first at " +
              format_clock(*history.first_wall);
    }
    if (history.lowest) line += "; lowest " + format_byte_range(*history.lowest);
    lines.push_back(line);
  }
  if (result.gaps > 0) {
    lines.push_back(pad_right("gaps", 8) + format_count(result.gaps) + ", " +
                    format_duration(result.gap) + " in all: not recorded, and charged as unknown");
  }
  return lines;
}

}  // namespace cgtally
