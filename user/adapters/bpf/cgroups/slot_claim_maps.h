// SPDX-License-Identifier: Apache-2.0
// What the cgroups of each subtree have taken of the ledger's slots, and what they may take. The
// kernel side counts the one and obeys the other.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/slots/slot_shares.h"

namespace cgtally::bpf {

// A view of both maps. Any number of processes may read; only the keeper allows and forgets.
class SlotClaimMaps {
 public:
  // The caller keeps the file descriptors open.
  SlotClaimMaps(int claims_fd, int shares_fd) : claims_fd_(claims_fd), shares_fd_(shares_fd) {}

  // In no order.
  [[nodiscard]] Result<std::vector<SlotClaims>> read() const;
  [[nodiscard]] Result<void> allow(const SlotAllowance& allowance) const;
  // Both entries. What the subtree takes from then on counts from zero.
  void forget(std::uint64_t cgroup_id) const;

 private:
  int claims_fd_;
  int shares_fd_;
};

}  // namespace cgtally::bpf
