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
#include "core/traffic/ledger_summary.h"

namespace cgtally {

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
