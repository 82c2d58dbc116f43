// SPDX-License-Identifier: Apache-2.0
// What a run has seen, said once at its end: who moved most, how much of it has a name, what the
// counting has cost. Adds up differences, never rates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/live/report.h"

namespace cgtally {

// What only the source of the counts knows.
struct RunCost {
  Nanoseconds duration{};
  std::uint64_t program_runs = 0;  // 0: the kernel did not count them
  Nanoseconds program_time{};
  std::uint32_t slots_used = 0;
  std::uint32_t slots_total = 0;
  std::uint64_t ledger_bytes = 0;
  bool only_read = false;  // the programs are a pinned ledger's: nothing was measured on them
};

class RunTotals {
 public:
  void add(const std::vector<Sample>& samples);
  [[nodiscard]] std::vector<std::string> lines(const RunCost& cost, std::size_t top) const;

 private:
  std::map<std::string, Traffic> accounts_;
  std::map<std::string, NamedShare> interfaces_;
  NamedShare all_;
};

}  // namespace cgtally
