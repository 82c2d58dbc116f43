// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/interface_selection.h"

#include <algorithm>

#include "core/base/edit_distance.h"

namespace cgtally {
namespace {

std::string names_of(const std::vector<Interface>& links) {
  constexpr std::size_t kMost = 20;
  std::string text;
  for (std::size_t i = 0; i < std::min(links.size(), kMost); ++i) {
    text += (text.empty() ? "" : ", ") + links[i].name;
  }
  if (links.size() > kMost) {
    text += " and " + std::to_string(links.size() - kMost) + " more";
  }
  return text;
}

}  // namespace

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

bool selected(const InterfaceSelection& selection, const Interface& link,
              const GlobMatch& matches) {
  if (selection.patterns.empty()) {
    return link.uplink();
  }
  return std::ranges::any_of(selection.patterns, [&](const std::string& pattern) {
    return pattern == link.name || (is_glob(pattern) && matches(pattern, link.name));
  });
}

std::vector<std::string> missing_names(const InterfaceSelection& selection,
                                       const std::vector<Interface>& links) {
  std::vector<std::string> missing;
  for (const std::string& pattern : selection.patterns) {
    if (!is_glob(pattern) && std::ranges::find(links, pattern, &Interface::name) == links.end()) {
      missing.push_back(pattern);
    }
  }
  return missing;
}

Error unknown_interface(const std::string& name, const std::vector<Interface>& links) {
  Error error{.what = "there is no interface " + name,
              .hint = "there are: " + names_of(links),
              .failure = Failure::usage};
  constexpr std::size_t kFarthest = 2;
  const auto distance = [&name](const Interface& link) {
    return edit_distance(name, link.name, kFarthest).value_or(kFarthest + 1);
  };
  const auto nearest = std::ranges::min_element(links, {}, distance);
  if (nearest != links.end() && distance(*nearest) <= kFarthest) {
    error.hint = "did you mean " + nearest->name + "? " + error.hint;
  }
  return error;
}

Error nothing_to_count(const std::vector<Interface>& links) {
  return {.what = "no interface is bound to a driver, and there is no default route",
          .hint = "name one with --iface; there are: " + names_of(links),
          .failure = Failure::usage};
}

}  // namespace cgtally
