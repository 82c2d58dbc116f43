// SPDX-License-Identifier: Apache-2.0
// Reads what every account has moved since the pinned ledger began, with names: once, without
// traffic and without waiting.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/containers/grouping.h"
#include "core/totals/report.h"
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

struct TotalsChoice {
  InterfaceChoice choice;  // empty lists: all; (gone) is a name, too
  std::string account;     // glob; empty: all
  Grouping by = Grouping::cgroup;
  std::string bpffs;
};

// The sum of the rows of a choice of everything is what the ledger has counted. Reads only. An
// Error if no ledger is there, or if it has nothing of a name that was chosen.
[[nodiscard]] Result<TotalsReport> read_totals(const TotalsChoice& options);

}  // namespace cgtally::monitor
