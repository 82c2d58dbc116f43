// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/interface_selection.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/edit_distance.h"
#include "core/base/glob.h"

namespace cgtally {
namespace {

std::string names_of(const std::vector<Interface>& interfaces) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(interfaces.size(), kMost); ++i) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", interfaces[i].name);
  }
  if (interfaces.size() > kMost) text += fmt::format(" and {} more", interfaces.size() - kMost);
  return text;
}

}  // namespace

bool selected(const InterfaceSelection& selection, const Interface& interface) {
  if (selection.patterns.empty()) return interface.uplink();
  return std::ranges::any_of(selection.patterns, [&](const std::string& pattern) {
    return pattern == interface.name || (is_glob(pattern) && matches_glob(pattern, interface.name));
  });
}

std::vector<std::string> missing_names(const InterfaceSelection& selection,
                                       const std::vector<Interface>& interfaces) {
  std::vector<std::string> missing;
  for (const std::string& pattern : selection.patterns) {
    if (!is_glob(pattern) &&
        std::ranges::find(interfaces, pattern, &Interface::name) == interfaces.end()) {
      missing.push_back(pattern);
    }
  }
  return missing;
}

Error unknown_interface(const std::string& name, const std::vector<Interface>& interfaces) {
  Error error = usage_error(fmt::format("there is no interface {}", name),
                            fmt::format("there are: {}", names_of(interfaces)));
  constexpr std::size_t kFarthest = 2;
  const auto distance = [&name](const Interface& interface) {
    return edit_distance(name, interface.name, kFarthest).value_or(kFarthest + 1);
  };
  const auto nearest = std::ranges::min_element(interfaces, {}, distance);
  if (nearest != interfaces.end() && distance(*nearest) <= kFarthest) {
    error.hint = fmt::format("did you mean {}? {}", nearest->name, error.hint);
  }
  return error;
}

Error nothing_to_count(const std::vector<Interface>& interfaces) {
  return usage_error("no interface is bound to a driver, and there is no default route",
                     fmt::format("name one with --iface; there are: {}", names_of(interfaces)));
}

}  // namespace cgtally
