// SPDX-License-Identifier: Apache-2.0
// Patterns that match as a shell matches file names: "eth*", "en[ps]?", "/system.slice/*". They
// select interfaces, accounts and instance types.
#pragma once

#include <string_view>

namespace cgtally {

// True if the text has one of the characters *, ? and [.
[[nodiscard]] bool is_glob(std::string_view pattern);
// A star matches slashes, too: "/kubepods*" matches all cgroups below it. Each name matches itself.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view name);
// For optional filters: an empty pattern matches every name.
[[nodiscard]] bool passes_filter(std::string_view pattern, std::string_view name);

}  // namespace cgtally
