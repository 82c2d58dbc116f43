// SPDX-License-Identifier: Apache-2.0
#include "core/selection.h"

#include <algorithm>
#include <numeric>

namespace cgtally {
namespace {

// Levenshtein's distance: how many letters to add, drop or change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

std::string names_of(const std::vector<Link>& links) {
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

bool selected(const Selection& selection, const Link& link, const GlobMatch& matches) {
  if (selection.patterns.empty()) {
    return link.uplink();
  }
  return std::ranges::any_of(selection.patterns, [&](const std::string& pattern) {
    return pattern == link.name || (is_glob(pattern) && matches(pattern, link.name));
  });
}

std::vector<std::string> missing_names(const Selection& selection, const std::vector<Link>& links) {
  std::vector<std::string> missing;
  for (const std::string& pattern : selection.patterns) {
    if (!is_glob(pattern) && std::ranges::find(links, pattern, &Link::name) == links.end()) {
      missing.push_back(pattern);
    }
  }
  return missing;
}

Error unknown_interface(const std::string& name, const std::vector<Link>& links) {
  Error error{.what = "there is no interface " + name,
              .cure = "there are: " + names_of(links),
              .failure = Failure::usage};
  const auto nearest = std::ranges::min_element(
      links, {}, [&](const Link& link) { return distance(name, link.name); });
  if (nearest != links.end() && distance(name, nearest->name) <= 2) {
    error.cure = "did you mean " + nearest->name + "? " + error.cure;
  }
  return error;
}

Error nothing_to_count(const std::vector<Link>& links) {
  return {.what = "no interface is bound to a driver, and there is no default route",
          .cure = "name one with --iface; there are: " + names_of(links),
          .failure = Failure::usage};
}

}  // namespace cgtally
