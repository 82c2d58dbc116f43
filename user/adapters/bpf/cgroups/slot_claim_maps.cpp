// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/slot_claim_maps.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <span>

#include "adapters/bpf/base/map_batches.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {

static_assert(kRootOfCgroups == CGT_ROOT_CGROUP && kUnknownSubtree == CGT_UNKNOWN_SUBTREE,
              "as the kernel side");

Result<std::vector<SlotClaims>> SlotClaimMaps::read() const {
  std::vector<SlotClaims> all;
  const auto walked = for_each_batch<cgt_claims>(
      claims_fd_, "list the slots that were given out",
      [&](std::span<const std::uint64_t> ids, std::span<const cgt_claims> raw) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
          all.push_back({.cgroup_id = ids[i], .made = raw[i].made, .beyond = raw[i].beyond});
        }
      });
  if (!walked) return std::unexpected(walked.error());
  return all;
}

Result<void> SlotClaimMaps::allow(const SlotAllowance& allowance) const {
  const cgt_share share{.allowed = allowance.allowed, .free = allowance.free};
  const int code = bpf_map_update_elem(shares_fd_, &allowance.cgroup_id, &share, BPF_ANY);
  if (code == 0) return {};
  return std::unexpected(sys::error_from(-code, "share the slots out"));
}

// The allowance first: for an instant the subtree gets nothing, instead of far too much.
void SlotClaimMaps::forget(std::uint64_t cgroup_id) const {
  bpf_map_delete_elem(shares_fd_, &cgroup_id);
  bpf_map_delete_elem(claims_fd_, &cgroup_id);
}

}  // namespace cgtally::bpf
