// SPDX-License-Identifier: Apache-2.0
// Looks once at the endpoints of the netns that a pinned ledger counts in, for `status`.
#pragma once

#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "core/endpoints/condition.h"

namespace cgtally::monitor {

// Lists what the keeper's EndpointWatcher would, and compares that with the maps and the programs
// that are there. Changes none of them.
[[nodiscard]] EndpointCondition inspect_endpoints(
    const bpf::Ledger& ledger, const std::vector<bpf::InterfaceRecord>& interfaces,
    const std::string& host_root);

}  // namespace cgtally::monitor
