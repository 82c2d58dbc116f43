// SPDX-License-Identifier: Apache-2.0
// Names of cgroups as a running command knows them: the tree as it was found, and what the kernel
// has told of births and deaths since.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_events.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

class CgroupNames {
 public:
  // Finds the hierarchy; needs no privilege.
  static Result<CgroupNames> find(const std::string& host_root, Notices& notices);
  // From here on births and deaths are known.
  Result<void> begin();

  Result<void> offer_to(sys::Poller& poller);
  void take_events();
  // After the ledger was read: whoever was born before that has a name, and who died has died after
  // it, which the next take_events() tells.
  void take_births();
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const {
    return names_.name_of(cgroup_id);
  }
  [[nodiscard]] cgroupfs::Names& names() { return names_; }

 private:
  explicit CgroupNames(std::string mount) : mount_(std::move(mount)) {}

  std::string mount_;
  std::optional<bpf::CgroupEvents> events_;
  cgroupfs::Names names_;
  std::uint64_t lost_events_ = 0;
  std::vector<std::uint64_t> removed_later_;
};

}  // namespace cgtally::monitor
