// SPDX-License-Identifier: Apache-2.0
// A session's view of its ledger for the screens: since when the ledger counts, how full it is, and
// what counting has cost this run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

// For the headline of a screen.
struct LedgerSummary {
  Moment since;  // where its totals begin
  std::uint32_t slots_used = 0;
  std::uint32_t slots_total = 0;
};

// From the kernel's statistics of our programs' runs, over the time in which they were on. `live`,
// `record` and `status` show it.
struct CountingCost {
  std::uint64_t runs = 0;  // a packet or super-packet each
  Nanoseconds time{};      // of all these runs, less what the statistics took of it
  // What was subtracted for each run; empty: that could not be measured, and is in `time`.
  std::optional<Nanoseconds> statistics = std::nullopt;
  Nanoseconds measured{};  // length of the measurement, in parts or at once
  unsigned cpus = 1;       // of the host
};

// Counting shall not take more of a host than this.
inline constexpr double kCountingBudget = 0.02;
// The part of all CPUs that counting took while it was measured; empty: for no time.
[[nodiscard]] std::optional<double> share_of_host(const CountingCost& cost);
// The lines after "cost"; `cost` has runs.
[[nodiscard]] std::vector<std::string> cost_words(const CountingCost& cost);

// For the last lines of a run: what only the source of the counts knows.
struct RunCost {
  Nanoseconds duration{};
  // While it was measured; see CountingCost.
  std::uint64_t program_runs = 0;  // 0: the kernel did not count them
  Nanoseconds program_time{};      // without what the statistics took of it
  std::optional<Nanoseconds> statistics_time = std::nullopt;  // of each run; empty: not known
  Nanoseconds measured{};
  unsigned cpus = 1;
  std::uint32_t slots_used = 0;
  std::uint32_t slots_total = 0;
  std::uint64_t ledger_bytes = 0;
  bool only_read = false;  // the programs belong to a pinned ledger: nothing was measured on them
};

}  // namespace cgtally
