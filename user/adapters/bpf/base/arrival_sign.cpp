// SPDX-License-Identifier: Apache-2.0
// Both numbers change after the slot is in the slot hash, never before: a look that began after the
// number was read finds each account that the number includes.
#include "adapters/bpf/base/arrival_sign.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <utility>

namespace cgtally::bpf {

// The root's claim is the first that is made, and stays: the map is never too full for it.
bool ArrivalSign::has_changed() {
  const std::uint64_t seq = __atomic_load_n(&header_.interfaces_seq, __ATOMIC_ACQUIRE);
  const std::uint64_t root = CGT_ROOT_CGROUP;
  cgt_claims claims{};
  const int code = bpf_map_lookup_elem(claims_fd_, &root, &claims);
  const bool seq_changed = std::exchange(interfaces_seq_, seq) != seq;
  const bool claims_changed = std::exchange(claims_made_, claims.made) != claims.made;
  const bool unknown = code != 0 && code != -ENOENT;
  return !std::exchange(asked_, true) || unknown || seq_changed || claims_changed;
}

}  // namespace cgtally::bpf
