// SPDX-License-Identifier: Apache-2.0
// What several cgroups have moved since a first reading, by the totals of a ledger.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "adapters/bpf/ledger/totals_reader.h"
#include "core/traffic/account.h"
#include "core/traffic/traffic.h"

namespace cgtally::monitor {

// Each watched end has one, for the containers that lived on. Sums over interfaces, as screens do.
class SiblingTraffic {
 public:
  // The first reading is the base; accounts that come later begin at zero.
  void update(const bpf::LedgerReading& reading, const std::set<std::uint64_t>& cgroups);
  [[nodiscard]] const Traffic& total() const { return total_; }

 private:
  void advance(const InterfaceAccount& account, const Traffic& totals);

  std::map<InterfaceAccount, Traffic> last_;
  Traffic total_;
  bool has_base_ = false;
};

}  // namespace cgtally::monitor
