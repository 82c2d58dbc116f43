// SPDX-License-Identifier: Apache-2.0
// The network namespaces of a host: those of processes, those with a name, and the caller's own.
// Holds none of them open: a namespace must not outlive its container because cgtally counts there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cgtally::netns {

struct NetnsEntry {
  std::uint64_t inode = 0;
  std::string path;   // valid for as long as that process or name exists
  std::string label;  // what --netns calls it: NAME or PID; empty for the caller's own
};

struct Census {
  // The caller's own first, then those with a name; no repetitions.
  std::vector<NetnsEntry> namespaces;
  bool all = true;      // false: there were more than `most`
  bool denied = false;  // for some processes permission was missing
};

[[nodiscard]] Census list_netns(const std::string& host_root, std::size_t most);

}  // namespace cgtally::netns
