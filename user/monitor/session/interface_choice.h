// SPDX-License-Identifier: Apache-2.0
// The interfaces that a command counts, as the user named them. InterfaceSet and PinnedSession find
// them.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cgtally::monitor {

struct InterfaceChoice {
  std::vector<std::string> interfaces;  // names and globs; empty: every uplink
  std::vector<std::string> netns;       // empty: the netns that cgtally runs in
  std::string host_root;                // where the host's / is mounted; empty: at /
};

// Whether somebody wants the program to end.
using AskedToEnd = std::function<bool()>;

}  // namespace cgtally::monitor
