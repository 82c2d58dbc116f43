// SPDX-License-Identifier: Apache-2.0
// Everything that can be said of a pinned ledger, gathered: from its pins, the kernel's programs
// and the devices. What moves is looked at twice, a second apart.
#pragma once

#include <string>

#include "adapters/bpf/ledger/ledger_view.h"
#include "core/health/ledger_status.h"

namespace cgtally::monitor {

void look_at_ledger(bpf::LedgerView& view, const std::string& host_root,
                    LedgerStatusReport& status);

}  // namespace cgtally::monitor
