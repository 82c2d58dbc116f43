// SPDX-License-Identifier: Apache-2.0
#include "core/base/glob.h"

#include <fnmatch.h>

#include <string>

namespace cgtally {

bool is_glob(std::string_view pattern) {
  return pattern.find_first_of("*?[") != std::string_view::npos;
}

bool matches_glob(std::string_view pattern, std::string_view name) {
  // A name as it is shown matches itself, whatever characters it has.
  return pattern == name ||
         fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), 0) == 0;
}

bool passes_filter(std::string_view pattern, std::string_view name) {
  return pattern.empty() || matches_glob(pattern, name);
}

}  // namespace cgtally
