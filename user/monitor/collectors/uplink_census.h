// SPDX-License-Identifier: Apache-2.0
// All uplinks of the instance, wherever they are: the allowance is the instance's, and ECS (awsvpc)
// or an operator may have put an ENI into the netns of a task.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/traffic/interface.h"
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

struct NetnsUplinks {
  std::string netns;  // as --netns calls it; empty: that which cgtally runs in
  std::vector<std::string> names;
};

struct UplinkCensus {
  std::vector<NetnsUplinks> found;       // only netns that have one
  std::vector<std::string> not_entered;  // netns that may have one
  bool all = true;                       // false: there are more netns than were looked at
};

// Enters each netns of names and processes. `is_uplink` judges a device there.
[[nodiscard]] UplinkCensus find_uplinks(const std::string& host_root,
                                        const std::function<bool(const Interface&)>& is_uplink);

// What must be counted so that all of the instance is charged. A choice that names netns itself
// stays as it is.
[[nodiscard]] InterfaceChoice charging_all(InterfaceChoice choice, const UplinkCensus& census);
// What a user should know of it: one sentence for each netns that is charged beside the own, and
// one for those that are not.
[[nodiscard]] std::vector<std::string> census_notes(const UplinkCensus& census);

}  // namespace cgtally::monitor
