// SPDX-License-Identifier: Apache-2.0
// Tells the kernel side, at each look of the keeper, how many slots the cgroups of each subtree may
// take until the next one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_registry.h"
#include "adapters/bpf/cgroups/slot_claim_maps.h"
#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"

namespace cgtally::monitor {

// The keeper has one. share_out_slots() decides; this class brings together what it needs. Without
// a keeper the last allowances hold: what goes beyond them is counted on accounts above.
class SlotSharer {
 public:
  // `ledger` must outlive the result.
  explicit SlotSharer(const bpf::Ledger& ledger);

  // Before the accounts of the next share_out() are read.
  Result<void> read_claims();
  // Cheap if no slot was given out or freed since the last call.
  Result<void> share_out(const std::vector<AccountTotals>& accounts, const bpf::SlotUse& slots,
                         const ParentOf& parent_of);

  // The subtree for which most packets went beyond its share since the last call; empty if none.
  [[nodiscard]] std::string take_most_beyond();

 private:
  struct Basis {
    std::uint32_t used = 0;
    std::uint64_t claims = 0;  // of all together
    bool operator==(const Basis&) const = default;
  };
  [[nodiscard]] std::uint64_t total_claims() const;
  void prune(const std::vector<AccountTotals>& accounts, const ParentOf& parent_of);

  bpf::CgroupRegistry registry_;
  bpf::SlotClaimMaps maps_;
  std::uint32_t room_;
  std::vector<SlotClaims> claims_;
  std::map<std::uint64_t, SlotAllowance> allowed_;   // as the kernel side has them
  std::map<std::uint64_t, std::uint64_t> reported_;  // SlotClaims::beyond
  std::optional<Basis> shared_out_;                  // of the last share_out()
};

}  // namespace cgtally::monitor
