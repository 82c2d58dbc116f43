// SPDX-License-Identifier: Apache-2.0
// Gathers everything that can be said of a pinned ledger: from its pins, the kernel's programs and
// the devices. Two readings a second apart show what moves.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/health/ledger_status.h"

namespace cgtally::monitor {

// Takes a second. Without a ledger the report names only its place and what is left of others.
[[nodiscard]] Result<LedgerStatusReport> inspect_ledger(const std::string& bpffs,
                                                        const std::string& host_root);

}  // namespace cgtally::monitor
