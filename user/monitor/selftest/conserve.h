// SPDX-License-Identifier: Apache-2.0
// The frame of each check: traffic, then the kernel's statistics against the ledger, and what is
// known of the traffic against the accounts that must have it.
#pragma once

#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "monitor/selftest/checks.h"
#include "monitor/selftest/test_flows.h"

namespace cgtally::monitor {

// Traffic that must be on the account of one cgroup, to the byte.
struct KnownPart {
  std::string whose;  // "of its cgroup: "
  std::uint64_t cgroup_id = 0;
  Traffic traffic;
  // An open connection adds what it has carried since `carried_before`: its last acknowledgement
  // may come late.
  const Flow* connection = nullptr;
  Traffic carried_before = {};
};

// What a check has sent.
struct MadeTraffic {
  std::vector<selftest::Figure> arrived;
  std::vector<KnownPart> known;
};

// Waits until the wire is quiet, runs `make`, and compares all that crossed the wire meanwhile.
Result<selftest::CheckResult> conserve(CheckContext& context, const std::string& name,
                                       WireTruth truth,
                                       const std::function<Result<MadeTraffic>()>& make);

}  // namespace cgtally::monitor
