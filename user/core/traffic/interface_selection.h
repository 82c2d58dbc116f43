// SPDX-License-Identifier: Apache-2.0
// Selection of the interfaces of a netns that are counted: those that the user named, by name or
// glob; without names every uplink; without uplinks the device of the default route. The errors
// list the interfaces that exist.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally {

struct InterfaceSelection {
  std::vector<std::string> patterns;  // empty: every uplink
};

[[nodiscard]] bool selected(const InterfaceSelection& selection, const Interface& interface);

// The patterns that are plain names and match no interface.
[[nodiscard]] std::vector<std::string> missing_names(const InterfaceSelection& selection,
                                                     const std::vector<Interface>& interfaces);

// "there is no interface etho0", with the nearest name and what exists.
[[nodiscard]] Error unknown_interface(const std::string& name,
                                      const std::vector<Interface>& interfaces);
// For a netns that has neither an uplink nor a default route.
[[nodiscard]] Error nothing_to_count(const std::vector<Interface>& interfaces);

}  // namespace cgtally
