// SPDX-License-Identifier: Apache-2.0
// A recording, looked at again: rates and ranking from its totals alone. What an account did is the
// difference of the totals of two of its rows; the interval columns are only believed where the
// totals agree, and the report says where they do not. What was not recorded is said, not guessed.
// Rows are given one by one, so that memory follows the accounts and intervals, not the rows.
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
#include "core/replay/report.h"
#include "core/traffic/sample.h"

namespace cgtally {

class Replay {
 public:
  // Rows of other accounts count for what was recorded and what was not, and for nothing else.
  using Wanted = std::function<bool(std::string_view account)>;
  explicit Replay(Wanted wanted) : wanted_(std::move(wanted)) {}

  // The row with delta and interval computed anew. `place` says where it stands: "a.csv line 7".
  // Rows of one ledger come in the order of their time; an Error says where they do not.
  Result<Sample> add(const Sample& row, std::string_view place);
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
  // One interface in one ledger: its rows of one moment are one interval.
  struct Stream {
    Span span;
    Moment now;                           // of the rows that are coming in
    std::optional<Nanoseconds> previous;  // boot time of the rows before
    bool gap = false;                     // between those and this interval
    bool kernel_row = false;
    Nanoseconds interval{};
    Traffic moved;
    std::size_t intervals = 0;
    std::vector<std::pair<Nanoseconds, Nanoseconds>> lengths;  // and when they ended
    std::vector<Nanoseconds> gaps;                             // boot times where they begin
    std::map<std::pair<std::uint64_t, std::string>, LastRow> last_rows;  // by cgroup and account
  };
  struct AccountState {
    AccountReplay report;
    std::set<std::uint64_t> cgroups;
  };
  struct Recomputed {
    Sample row;
    Traffic in_interval;  // what of its delta moved since the rows before, not in an earlier gap
    bool restarted = false;
  };

  void open_interval(Stream& stream, const Sample& row);
  void close_interval(const InterfaceId& id, Stream& stream);
  Recomputed recompute(Stream& stream, const Sample& row, std::string_view place);
  void book(Stream& stream, const Recomputed& recomputed);
  void note_lengths();
  void note_ledgers();

  Wanted wanted_;
  ReplayReport report_;
  std::map<std::pair<InterfaceId, std::string>, Stream> streams_;  // and ledger
  std::map<InterfaceId, InterfaceReplay> interfaces_;
  std::map<std::pair<InterfaceId, std::string>, AccountState> accounts_;
};

}  // namespace cgtally
