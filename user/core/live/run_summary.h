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
    Traffic moved;
    ContainerName owner;  // the latest: a name may come later than the first sample
  };
  using Accounts = std::unordered_map<std::string, AccountSum>;
  AccountSum& sum_of(const std::string& account, std::size_t place);

  Accounts accounts_;
  // Of each place in the samples that were added last: they mostly come in the same order again.
  std::vector<Accounts::value_type*> last_;
  std::map<std::string, NamedShare> interfaces_;
  NamedShare all_;
};

}  // namespace cgtally
