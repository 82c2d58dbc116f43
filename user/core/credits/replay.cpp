// SPDX-License-Identifier: Apache-2.0
#include "core/credits/replay.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/alarm.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kColumns = 80;

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

void CreditReplay::watch_only(const PerDirection<bool>& watched, std::string host) {
  watched_ = watched;
  shape_.host = std::move(host);
  shape_.has_counters = false;
}

// A series has no boot clock, so both times of a Moment are wall time.
void CreditReplay::add(const SeriesInterval& interval) {
  CreditInterval charged{.now = {.boot = interval.end, .wall = interval.end},
                         .elapsed = interval.length,
                         .charged = {}};
  bool gap = false;
  const auto amount = [&](Direction direction) {
    const bool missing = watched_[direction] && is_missing(interval.bytes[direction]);
    charged.unknown[direction] = missing;
    gap |= missing && !interval.restart;
    const double bytes = missing               ? interval.least[direction]
                         : watched_[direction] ? interval.bytes[direction]
                                               : 0;
    return Bytes{static_cast<std::uint64_t>(std::llround(std::clamp(bytes, 0.0, 9e18)))};
  };
  charged.charged.rx_bytes = amount(Direction::rx);
  charged.charged.tx_bytes = amount(Direction::tx);
  if (gap) {
    result_.gaps += in_gap_ ? 0 : 1;
    result_.gap += interval.length;
  }
  in_gap_ = gap;
  advance(charged, {});
}

void CreditReplay::advance(const CreditInterval& interval, const std::vector<Sample>& rows) {
  if (!credits_) {
    result_.begin = begin_of(interval).wall;
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
  flushed_ = reported_ = now;
  ++result_.intervals;
  for (const Direction direction : kDirections) {
    if (watched_[direction]) add_to_history(direction, now, elapsed);
  }
  if (on_report_) on_report_(report_of(now));
}

CreditReport CreditReplay::report_of(const Moment& now) const {
  CreditReport report = shape_;
  report.taken = now;
  report.directions = credits_->directions(kMostNamed);
  for (const Direction direction : kDirections) {
    report.directions[direction].watched = watched_[direction];
  }
  return report;
}

// It takes some time to be sure; the history begins where the plateau did.
Nanoseconds CreditReplay::since_plateau_began(Direction direction, const Moment& now,
                                              Nanoseconds elapsed) const {
  const double seconds = credits_->bucket(direction).plateau_seconds();
  const auto plateau = Nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  const Nanoseconds uncounted = now.boot - counted_until_[direction];
  return std::max(elapsed, std::min(plateau, uncounted));
}

void CreditReplay::add_to_history(Direction direction, const Moment& now, Nanoseconds elapsed) {
  CreditHistory& history = result_.histories[direction];
  const Bucket& bucket = credits_->bucket(direction);
  const CreditState state = bucket.state();
  const bool exhausted = state == CreditState::exhausted;
  const bool perhaps = bucket.perhaps_empty();
  auto& last_full = last_full_[direction];
  if (state == CreditState::full) last_full = now.wall;
  if (start_ == BucketStart::full && !last_full) last_full = result_.begin;
  const bool before = std::exchange(was_exhausted_[direction], exhausted);
  const bool perhaps_before = std::exchange(was_perhaps_[direction], perhaps);
  const bool begins = (exhausted && !before) || (perhaps && !perhaps_before);
  const Nanoseconds length = begins ? since_plateau_began(direction, now, elapsed) : elapsed;
  if (exhausted) {
    history.exhaustions += before ? 0 : 1;
    history.exhausted += length;
    if (!history.first_wall) history.full_until = last_full;
    history.first_wall = history.first_wall.value_or(now.wall - length);
  }
  if (perhaps) history.perhaps += length;
  if (exhausted || perhaps) counted_until_[direction] = now.boot;
  const ByteRange balance = bucket.balance();
  if (!history.lowest || middle_or_lowest(balance) < middle_or_lowest(*history.lowest)) {
    history.lowest = balance;
    if (!history.first_wall) history.full_until = last_full;
  }
  const bool may_be_in_danger = exhausted || state == CreditState::draining;
  if (!history.first_danger && may_be_in_danger &&
      danger_of(credits_->figures(direction), warn_) != CreditDanger::none) {
    history.first_danger = now.wall;
  }
}

std::optional<CreditReplayResult> CreditReplay::finish() {
  flush();
  if (!credits_ || !reported_) return std::nullopt;
  result_.last = report_of(*reported_);
  return result_;
}

std::string credit_history_words(const CreditHistory& history, Nanoseconds begin, Nanoseconds end) {
  std::string words = "never exhausted";
  if (history.exhaustions > 0) {
    words =
        fmt::format("exhausted {} {}, {} in all, first at {}", format_count(history.exhaustions),
                    history.exhaustions == 1 ? "time" : "times", format_duration(history.exhausted),
                    time_beside(*history.first_wall, begin, end));
  }
  if (history.perhaps > Nanoseconds::zero()) {
    words += fmt::format("; {} at the baseline, which is one flow's limit, too: exhausted or not",
                         format_duration(history.perhaps));
  }
  if (history.lowest) words += fmt::format("; lowest {}", format_byte_range(*history.lowest));
  // Said where credits were spent since; otherwise it is full to the end.
  if (history.full_until && *history.full_until < end) {
    words += fmt::format("; full until {}", time_beside(*history.full_until, begin, end));
  }
  return words;
}

std::vector<std::string> credit_replay_lines(const CreditReplayResult& result) {
  std::vector<std::string> lines = credit_screen(result.last, {.columns = kColumns});
  for (const Direction direction : kCreditOrder) {
    if (!result.last.directions[direction].watched) continue;
    const std::string words =
        credit_history_words(result.histories[direction], result.begin, result.last.taken.wall);
    const std::string label = fmt::format("was {:<4}", direction_name(direction));
    std::ranges::move(wrap(label + words, kColumns, label.size()), std::back_inserter(lines));
  }
  if (result.gaps > 0) {
    lines.push_back(fmt::format("gaps    {}, {} in all: not recorded, and charged as unknown",
                                format_count(result.gaps), format_duration(result.gap)));
  }
  return lines;
}

}  // namespace cgtally
