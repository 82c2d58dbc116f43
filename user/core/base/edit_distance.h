// SPDX-License-Identifier: Apache-2.0
// How far two names are apart in typing mistakes: a letter added, dropped or changed, or two
// neighbours that changed places.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace cgtally {

// None: more than `limit`.
[[nodiscard]] std::optional<std::size_t> edit_distance(std::string_view a, std::string_view b,
                                                       std::size_t limit);

}  // namespace cgtally
