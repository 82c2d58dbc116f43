// SPDX-License-Identifier: Apache-2.0
// The lives of cgroups in the ledger: begins, ends and what came after an end, as the kernel side
// has written them. They outlive the cgroups and every process of ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/lifecycle/life.h"

namespace cgtally::bpf {

// A view of the map. Any number of processes may read; only the keeper forgets. Holds no state.
class Lives {
 public:
  // The caller keeps the file descriptor open.
  explicit Lives(int map_fd) : fd_(map_fd) {}

  // Each life that the map has during the whole call, once; others may be missing. In no order.
  [[nodiscard]] Result<std::vector<CgroupLife>> read() const;
  [[nodiscard]] std::optional<CgroupLife> find(std::uint64_t cgroup_id) const;
  void forget(std::uint64_t cgroup_id) const;
  // How many fit.
  [[nodiscard]] static std::size_t room();

 private:
  int fd_;
};

}  // namespace cgtally::bpf
