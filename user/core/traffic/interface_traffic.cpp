// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/interface_traffic.h"

namespace cgtally {

std::map<InterfaceKey, Traffic> traffic_by_interface(const std::vector<AccountTotals>& accounts) {
  std::map<InterfaceKey, Traffic> sums;
  for (const AccountTotals& account : accounts) sums[account.iface] += account.totals;
  return sums;
}

}  // namespace cgtally
