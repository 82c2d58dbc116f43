// SPDX-License-Identifier: Apache-2.0
// The distance of two names in typing mistakes: a letter added, dropped or changed, or two
// neighbours that changed places. It finds the name that a user may have meant.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace cgtally {

// Empty if the distance is greater than `limit`.
[[nodiscard]] std::optional<std::size_t> edit_distance(std::string_view a, std::string_view b,
                                                       std::size_t limit);

}  // namespace cgtally
