// SPDX-License-Identifier: Apache-2.0
// The last lines of `live` and `record`: the accounts that moved most, the share of the bytes that
// is named, and the cost of counting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/shared_text.h"
#include "core/containers/container_name.h"
#include "core/live/report.h"
#include "core/traffic/ledger_summary.h"

namespace cgtally {

// Adds up the samples of a run: differences, never rates.
class RunTotals {
 public:
  void add(const std::vector<Sample>& samples);
  [[nodiscard]] std::vector<std::string> lines(const RunCost& cost, std::size_t top) const;

 private:
  struct AccountSum {
    SharedText account;
    Traffic moved;
    ContainerName owner;  // the latest: a name may come later than the first sample
  };
  AccountSum& sum_of(const Sample& sample);

  std::vector<AccountSum> sums_;
  std::unordered_map<std::string, std::size_t> index_;        // in sums_, by account
  std::unordered_map<std::uint64_t, std::size_t> by_cgroup_;  // the same: where it was found last
  std::map<std::string, NamedShare> interfaces_;
  NamedShare all_;
};

}  // namespace cgtally
