// SPDX-License-Identifier: Apache-2.0
#include "core/credits/replay.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/timestamp.h"
#include "core/credits/alarm.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

constexpr std::size_t kMostNamed = 5;

double middle_or_lowest(const ByteRange& range) {
  return range.bounded() ? range.middle() : range.lo;
}

// Rows are missing if the moment before lies longer ago than the rows' own interval, and half
// again.
bool is_gap(Nanoseconds elapsed, Nanoseconds interval) { return elapsed > interval + interval / 2; }

Moment begin_of(const CreditInterval& interval) {
  return {.boot = interval.now.boot - interval.elapsed,
          .wall = interval.now.wall - interval.elapsed};
}

std::string history_words(const CreditHistory& history) {
  std::string words = "never exhausted";
  if (history.exhaustions > 0) {
    words =
        fmt::format("exhausted {} {}, {} in all, first at {}", format_count(history.exhaustions),
                    history.exhaustions == 1 ? "time" : "times", format_duration(history.exhausted),
                    format_clock(*history.first_wall));
  }
  if (history.perhaps > Nanoseconds::zero()) {
    words += fmt::format("; {} at the baseline, which is one flow's limit, too: exhausted or not",
                         format_duration(history.perhaps));
  }
  if (!history.lowest) return words;
  return fmt::format("{}; lowest {}", words, format_byte_range(*history.lowest));
}

}  // namespace

CreditReplay::CreditReplay(InstanceName instance, const CreditTerms& terms, BucketStart start,
                           Nanoseconds warn, OnReport on_report)
    : terms_(terms), start_(start), warn_(warn), on_report_(std::move(on_report)) {
  shape_.instance = std::move(instance);
}

Result<void> CreditReplay::add(const Sample& row) {
  if (last_row_ && last_row_->host != row.host) {
    return std::unexpected(
        usage_error(fmt::format("rows of host {} after rows of host {}", row.host, last_row_->host),
                    "credits are those of one instance: replay each host by itself"));
  }
  if (!rows_.empty() && rows_.back().taken.boot != row.taken.boot) flush();
  shape_.host = row.host;
  last_row_ = row;
  rows_.push_back(row);
  return {};
}

// Ends a moment: all of its rows make one interval.
void CreditReplay::flush() {
  if (rows_.empty()) return;
  const std::vector<Sample> rows = std::exchange(rows_, {});
  CreditInterval interval{
      .now = rows.front().taken, .elapsed = rows.front().interval, .charged = {}};
  interval.flows = flow_counts(rows);
  for (const Sample& row : rows) {
    interval.charged += row.delta;
    interval.elapsed = std::min(interval.elapsed, row.interval);
  }
  const bool same_ledger = std::exchange(ledger_, rows.front().ledger) == rows.front().ledger;
  if (flushed_ && cover_gap(interval, same_ledger)) return;
  advance(interval, rows);
}

// Accounts for the time between the moment before and this interval. Returns whether the pause
// already covers the interval, too.
bool CreditReplay::cover_gap(CreditInterval& interval, bool same_ledger) {
  const Moment& now = interval.now;
  if (same_ledger) {
    // The totals of one ledger went on, so the deltas cover the whole time.
    const Nanoseconds elapsed = now.boot - flushed_->boot;
    if (is_gap(elapsed, interval.elapsed)) {
      pause(now, elapsed, interval.charged);
      return true;
    }
    interval.elapsed = elapsed;
    return false;
  }
  const Moment begin = begin_of(interval);
  if (now.boot <= flushed_->boot) {
    credits_->lose_track(now, "reboot or stop/start, cannot tell");
  } else if (begin.boot > flushed_->boot) {
    pause(begin, begin.boot - flushed_->boot, std::nullopt);
  }
  return false;
}

void CreditReplay::add(const SeriesInterval& interval) {
  if (credits_ && interval.gap_before > Nanoseconds::zero()) {
    const Nanoseconds end = interval.now.boot - interval.elapsed;
    pause({.boot = end, .wall = end}, interval.gap_before, std::nullopt);
  }
  advance({.now = interval.now, .elapsed = interval.elapsed, .charged = interval.moved}, {});
}

void CreditReplay::advance(const CreditInterval& interval, const std::vector<Sample>& rows) {
  if (!credits_) {
    credits_.emplace(PerDirection<CreditTerms>{.rx = terms_, .tx = terms_}, start_,
                     begin_of(interval));
  }
  credits_->advance(interval);
  credits_->add_samples(rows, interval.now);
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
  report.directions = credits_->directions(kMostNamed);
  for (const Direction direction : kDirections) {
    add_to_history(report.directions[direction], now, elapsed);
  }
  if (on_report_) on_report_(report);
  result_.last = std::move(report);
}

// It takes some time to be sure; the history begins where the plateau did.
Nanoseconds CreditReplay::since_plateau_began(const DirectionCredit& credit, const Moment& now,
                                              Nanoseconds elapsed) const {
  const auto plateau = Nanoseconds(static_cast<std::int64_t>(credit.plateau_s * 1e9));
  const Nanoseconds uncounted = now.boot - counted_until_[credit.direction];
  return std::max(elapsed, std::min(plateau, uncounted));
}

void CreditReplay::add_to_history(const DirectionCredit& credit, const Moment& now,
                                  Nanoseconds elapsed) {
  CreditHistory& history = result_.histories[credit.direction];
  const bool exhausted = credit.state == CreditState::exhausted;
  const bool before = std::exchange(was_exhausted_[credit.direction], exhausted);
  const bool perhaps_before = std::exchange(was_perhaps_[credit.direction], credit.perhaps_empty);
  const bool begins = (exhausted && !before) || (credit.perhaps_empty && !perhaps_before);
  const Nanoseconds length = begins ? since_plateau_began(credit, now, elapsed) : elapsed;
  if (exhausted) {
    history.exhaustions += before ? 0 : 1;
    history.exhausted += length;
    history.first_wall = history.first_wall.value_or(now.wall - length);
  }
  if (credit.perhaps_empty) history.perhaps += length;
  if (exhausted || credit.perhaps_empty) counted_until_[credit.direction] = now.boot;
  if (!history.lowest || middle_or_lowest(credit.balance) < middle_or_lowest(*history.lowest)) {
    history.lowest = credit.balance;
  }
  if (!history.first_danger && danger_of(credit, warn_) != CreditDanger::none) {
    history.first_danger = now.wall;
  }
}

std::optional<CreditReplayResult> CreditReplay::finish() {
  flush();
  if (!credits_) return std::nullopt;
  return result_;
}

std::vector<std::string> credit_replay_lines(const CreditReplayResult& result) {
  std::vector<std::string> lines = credit_screen(result.last, {.columns = 80});
  for (const Direction direction : kCreditOrder) {
    lines.push_back(fmt::format("was {:<4}{}", direction_name(direction),
                                history_words(result.histories[direction])));
  }
  if (result.gaps > 0) {
    lines.push_back(fmt::format("gaps    {}, {} in all: not recorded, and charged as unknown",
                                format_count(result.gaps), format_duration(result.gap)));
  }
  return lines;
}

}  // namespace cgtally
