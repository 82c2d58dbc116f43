// SPDX-License-Identifier: Apache-2.0
// The credit model applied to recordings, cgtally's own or those of another monitor: the same
// buckets, fed with the recorded intervals. A gap in the recording is a pause in which nothing was
// watched.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/credits/credits.h"
#include "core/credits/report.h"
#include "core/series/intervals.h"
#include "core/traffic/sample.h"

namespace cgtally {

// The course of one direction over the whole recording.
struct CreditHistory {
  std::size_t exhaustions = 0;
  Nanoseconds exhausted{};                  // sum of all exhaustions
  std::optional<Nanoseconds> first_wall{};  // beginning of the first exhaustion
  Nanoseconds perhaps{};  // at a baseline that is one flow's limit, too: exhausted or not
  std::optional<ByteRange> lowest{};          // the balance with the lowest middle
  std::optional<Nanoseconds> first_danger{};  // the first moment with a CreditDanger
  // The last moment at which it was full before it was first exhausted, or else at its lowest.
  std::optional<Nanoseconds> full_until{};
};

struct CreditReplayResult {
  CreditReport last;
  PerDirection<CreditHistory> histories;
  std::size_t gaps = 0;
  Nanoseconds gap{};  // sum of all gaps
  std::size_t intervals = 0;
  Nanoseconds begin{};  // wall time
};

// Takes rows one by one and gives a report for each moment. Used by `replay` and, to begin with a
// recording, by `credits --start-from`. It reads no files; the rows' totals were checked before.
class CreditReplay {
 public:
  using OnReport = std::function<void(const CreditReport&)>;
  // `warn`: the time to empty that counts as a danger. `on_report` may be empty, which is faster.
  CreditReplay(InstanceName instance, const CreditTerms& terms, BucketStart start, Nanoseconds warn,
               OnReport on_report);

  // A row whose delta was recomputed from its totals. An Error if it is of another host.
  Result<void> add(const Sample& row);
  void add(const SeriesInterval& interval);
  // A recording that has only one direction, and whose it is. To be called first.
  void watch_only(const PerDirection<bool>& watched, std::string host);
  // std::nullopt if the recording has no interval.
  [[nodiscard]] std::optional<CreditReplayResult> finish();
  // The state after the last row; std::nullopt before the first interval.
  [[nodiscard]] const std::optional<Credits>& credits() const { return credits_; }
  [[nodiscard]] const std::optional<Sample>& last_row() const { return last_row_; }

 private:
  void flush();
  [[nodiscard]] bool cover_gap(CreditInterval& interval, bool same_ledger);
  void advance(const CreditInterval& interval, const std::vector<Sample>& rows);
  void pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged);
  void report(const Moment& now, Nanoseconds elapsed);
  [[nodiscard]] CreditReport report_of(const Moment& now) const;
  [[nodiscard]] Nanoseconds since_plateau_began(Direction direction, const Moment& now,
                                                Nanoseconds elapsed) const;
  void add_to_history(Direction direction, const Moment& now, Nanoseconds elapsed);

  CreditReport shape_;  // what all reports have in common
  CreditTerms terms_;
  BucketStart start_;
  Nanoseconds warn_;
  OnReport on_report_;
  std::optional<Credits> credits_;
  std::vector<Sample> rows_;  // of one moment
  std::optional<Sample> last_row_;
  std::optional<Moment> flushed_;
  std::optional<Moment> reported_;
  std::string ledger_;
  CreditReplayResult result_;
  PerDirection<bool> was_exhausted_{};
  PerDirection<bool> was_perhaps_{};
  PerDirection<Nanoseconds> counted_until_{};  // boot time: the plateau before it is in the history
  PerDirection<bool> watched_{.rx = true, .tx = true};
  PerDirection<std::optional<Nanoseconds>> last_full_{};
  bool in_gap_ = false;  // of a series
};

// "never exhausted; lowest 4.0..44 GB": the course between two moments of wall time.
[[nodiscard]] std::string credit_history_words(const CreditHistory& history, Nanoseconds begin,
                                               Nanoseconds end);
// Lines for the end of a replay.
[[nodiscard]] std::vector<std::string> credit_replay_lines(const CreditReplayResult& result);

}  // namespace cgtally
