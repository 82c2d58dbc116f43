// SPDX-License-Identifier: Apache-2.0
// Which interfaces of a netns are counted: those that the user named, by name or glob; else every
// uplink; else the device of the default route. Says what exists where a name does not.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/interface.h"

namespace cgtally {

using GlobMatch = std::function<bool(std::string_view pattern, std::string_view name)>;

struct InterfaceSelection {
  std::vector<std::string> patterns;  // empty: every uplink
};

[[nodiscard]] bool is_glob(std::string_view pattern);
[[nodiscard]] bool selected(const InterfaceSelection& selection, const Interface& link,
                            const GlobMatch& matches);

// The patterns that are plain names of no link.
[[nodiscard]] std::vector<std::string> missing_names(const InterfaceSelection& selection,
                                                     const std::vector<Interface>& links);

// "there is no interface etho0", with the nearest name and what exists.
[[nodiscard]] Error unknown_interface(const std::string& name, const std::vector<Interface>& links);
// No uplink and no default route: nothing to choose by itself.
[[nodiscard]] Error nothing_to_count(const std::vector<Interface>& links);

}  // namespace cgtally
