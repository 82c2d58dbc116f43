// SPDX-License-Identifier: Apache-2.0
// The interfaces that a command counts, as the user named them. InterfaceSet finds them.
#pragma once

#include <string>
#include <vector>

namespace cgtally::monitor {

struct InterfaceChoice {
  std::vector<std::string> interfaces;  // names and globs; empty: every uplink
  std::vector<std::string> netns;       // empty: the one we are in
  std::string host_root;                // empty: names are read below /
};

}  // namespace cgtally::monitor
