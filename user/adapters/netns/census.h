// SPDX-License-Identifier: Apache-2.0
// Which network namespaces a host has: those in which a process lives, those that have a name, and
// the caller's own. Nothing is held open: a namespace must not outlive its container because
// somebody counts there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cgtally::netns {

struct NetnsEntry {
  std::uint64_t inode = 0;
  std::string path;  // leads there for as long as that process or name exists
};

struct Census {
  std::vector<NetnsEntry> places;  // each once; the own one first
  bool all = true;                 // false: there were more than `most`
  bool denied = false;             // some processes' could not be asked for
};

[[nodiscard]] Census list_netns(const std::string& host_root, std::size_t most);

}  // namespace cgtally::netns
