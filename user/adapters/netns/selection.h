// SPDX-License-Identifier: Apache-2.0
// Finds the network namespaces that a --netns means at the moment: a name, the id of a process, a
// path, a glob of names or paths, or `all`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cgtally::netns {

// The --netns that means all namespaces of the host: those with a name and those of processes.
inline constexpr const char* kAllNetns = "all";

// True if `wanted` is a glob or `all`: it may mean several namespaces, also some that come later.
[[nodiscard]] bool means_several(const std::string& wanted);
// True if `wanted` names a process, by its id or by a path in /proc: it cannot come back, because
// a later process of that id is another one.
[[nodiscard]] bool means_process(const std::string& wanted, const std::string& host_root);
// True if `wanted` is, or means among others, the namespace that was counted under `label`.
[[nodiscard]] bool means_label(const std::string& wanted, const std::string& label);

// A namespace that was found: Netns::open(label) opens it, the caller's own where that is empty.
struct SelectedNetns {
  std::uint64_t inode = 0;
  std::string label;
};

// The namespaces whose names match the glob, which is one of paths if it has a slash.
[[nodiscard]] std::vector<SelectedNetns> find_by_glob(const std::string& glob,
                                                      const std::string& host_root);
// The one that a name, process id or path leads to.
[[nodiscard]] Result<SelectedNetns> find_one(const std::string& wanted,
                                             const std::string& host_root);

}  // namespace cgtally::netns
