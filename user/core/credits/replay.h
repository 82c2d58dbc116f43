// SPDX-License-Identifier: Apache-2.0
// The model of the credits run over what was recorded, by cgtally or by another monitor: the same
// buckets, fed by the recording's own intervals. What was not recorded is a pause in which nobody
// watched. Rows are given one by one; a report comes out for each moment.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/credits/credits.h"
#include "core/credits/report.h"
#include "core/replay/foreign_series.h"
#include "core/traffic/sample.h"

namespace cgtally {

// What one direction went through.
struct CreditHistory {
  Direction way = Direction::tx;
  std::size_t exhaustions = 0;
  Nanoseconds exhausted{};                    // in all
  std::optional<Nanoseconds> first_wall{};    // when it was exhausted for the first time
  std::optional<ByteRange> lowest{};          // the balance with the lowest middle
  std::optional<Nanoseconds> first_danger{};  // when it was first said to be possibly near
};

struct CreditReplayResult {
  CreditReport last;
  std::vector<CreditHistory> ways;  // tx, rx
  std::size_t gaps = 0;
  Nanoseconds gap{};
  std::size_t intervals = 0;
};

class CreditReplay {
 public:
  using OnReport = std::function<void(const CreditReport&)>;
  // `warn`: what counts as near.
  CreditReplay(InstanceName instance, const CreditTerms& terms, BucketStart start, Nanoseconds warn,
               OnReport on_report);

  // A row whose delta was recomputed from its totals. An Error if it is another host's.
  Result<void> add(const Sample& row);
  void add(const SeriesInterval& interval);
  // None: there was no interval.
  [[nodiscard]] std::optional<CreditReplayResult> finish();
  // As it stands behind the last row; none before the first interval.
  [[nodiscard]] const std::optional<Credits>& credits() const { return credits_; }
  [[nodiscard]] const std::optional<Sample>& last_row() const { return last_row_; }

 private:
  void flush();
  void begin(const Moment& start);
  void advance(const CreditInterval& interval, const std::vector<Sample>& rows);
  void pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged);
  void report(const Moment& now, Nanoseconds elapsed);

  CreditReport shape_;  // what all reports have in common
  CreditTerms terms_;
  BucketStart start_;
  Nanoseconds warn_;
  OnReport on_report_;
  std::optional<Credits> credits_;
  std::vector<Sample> rows_;  // of one moment
  std::optional<Sample> last_row_;
  std::optional<Moment> flushed_;
  std::string ledger_;
  CreditReplayResult result_;
  std::array<bool, 2> was_exhausted_{};
};

// Lines for the end of a replay.
[[nodiscard]] std::vector<std::string> credit_replay_lines(const CreditReplayResult& result);

}  // namespace cgtally
