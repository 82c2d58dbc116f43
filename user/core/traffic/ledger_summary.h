// SPDX-License-Identifier: Apache-2.0
// A session's view of its ledger for the screens: since when the ledger counts, how full it is, and
// what counting has cost this run.
#pragma once

#include <cstdint>

#include "core/traffic/reading.h"

namespace cgtally {

// For the headline of a screen.
struct LedgerSummary {
  Moment since;  // where its totals begin
  std::uint32_t slots_used = 0;
  std::uint32_t slots_total = 0;
};

// For the last lines of a run: what only the source of the counts knows.
struct RunCost {
  Nanoseconds duration{};
  std::uint64_t program_runs = 0;  // 0: the kernel did not count them
  Nanoseconds program_time{};
  std::uint32_t slots_used = 0;
  std::uint32_t slots_total = 0;
  std::uint64_t ledger_bytes = 0;
  bool only_read = false;  // the programs belong to a pinned ledger: nothing was measured on them
};

}  // namespace cgtally
