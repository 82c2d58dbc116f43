// SPDX-License-Identifier: Apache-2.0
// Totals of interfaces, from those of their accounts.
#pragma once

#include <map>
#include <vector>

#include "core/traffic/reading.h"

namespace cgtally {

// The traffic of each interface: the sum over its accounts.
[[nodiscard]] std::map<InterfaceKey, Traffic> traffic_by_interface(
    const std::vector<AccountTotals>& accounts);

}  // namespace cgtally
