// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/common/names.h"

#include <fmt/core.h>

#include "core/base/text.h"

namespace cgtally::series {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMost = 24;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMost; ++i) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", printable(names[i]));
  }
  return names.size() > kMost ? text + ", ..." : text;
}

std::string plain_name(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace cgtally::series
