// SPDX-License-Identifier: Apache-2.0
// Analysis of a recording: rates and ranking from the totals of its rows alone. An account's
// traffic is the difference of the totals of two of its rows. The interval columns are used only if
// they agree with the totals, and the report says where they do not. Times without rows are
// reported as gaps, never estimated.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/containers/grouping.h"
#include "core/replay/report.h"
#include "core/traffic/sample.h"

namespace cgtally {

// Fed with rows one by one by `replay`, `size` and the credit monitor. Its memory grows with
// accounts and intervals, not with rows. It reads no file.
class Replay {
 public:
  // Rows of unwanted accounts show only which times were recorded.
  using Wanted = std::function<bool(const Sample& row)>;
  // The report's accounts are summed by `by`; `wanted` is asked for the sum's name.
  explicit Replay(Wanted wanted, Grouping by = Grouping::cgroup)
      : wanted_(std::move(wanted)), by_(by) {}

  // Returns the row with delta and interval computed again from the totals. `location` is the row's
  // file and line: "a.csv line 7". Rows of one ledger must come in the order of their time; the
  // Error names the first row that does not.
  Result<Sample> add(const Sample& row, std::string_view location);
  [[nodiscard]] ReplayReport finish() &&;

 private:
  using InterfaceId = std::pair<std::string, std::string>;  // host, interface
  struct Span {
    Nanoseconds begin{};
    Nanoseconds end{};  // wall
  };
  struct LastRow {
    Nanoseconds boot{};
    Traffic totals;
  };
  // The rows of one interface in one ledger; the rows of one moment are one interval.
  struct Stream {
    Span span;
    Moment now;                           // of the rows that are being added
    std::optional<Nanoseconds> previous;  // boot time of the rows before
    bool gap = false;                     // between the rows before and this interval
    bool kernel_row = false;
    Nanoseconds interval{};
    Traffic moved;
    std::size_t intervals = 0;
    std::vector<std::pair<Nanoseconds, Nanoseconds>> lengths;  // of intervals, with their ends
    std::vector<Nanoseconds> gaps;                             // boot times of their begins
    std::map<std::pair<std::uint64_t, std::string>, LastRow> last_rows;  // by cgroup and account
  };
  struct AccountState {
    AccountReplay report;
    std::set<std::uint64_t> cgroups;
  };
  struct Recomputed {
    Sample row;
    Traffic in_interval;  // the part of its delta since the rows before, not in an earlier gap
    bool restarted = false;
  };

  void open_interval(Stream& stream, const Sample& row);
  void close_interval(const InterfaceId& id, Stream& stream);
  Recomputed recompute(Stream& stream, const Sample& row, std::string_view location);
  Recomputed recompute_without_tcp(Stream& stream, const Sample& row, std::string_view location);
  void add_to_totals(Stream& stream, const Recomputed& recomputed);
  void report_long_intervals();
  void report_ledgers();
  void report_overlaps();

  Wanted wanted_;
  Grouping by_;
  ReplayReport report_;
  std::map<std::pair<InterfaceId, std::string>, Stream> streams_;  // and ledger
  std::map<InterfaceId, InterfaceReplay> interfaces_;
  std::map<std::pair<InterfaceId, std::string>, AccountState> accounts_;
};

}  // namespace cgtally
