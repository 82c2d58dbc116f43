// SPDX-License-Identifier: Apache-2.0
// Texts that monitors print for people, or in a form that is not read here, and what to export
// instead. Used before a text is taken for a table with a header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::series {

// std::nullopt: the text may be one that is read. `head` begins with the first visible character.
[[nodiscard]] std::optional<Error> foreign_text(std::string_view head, const std::string& file);

}  // namespace cgtally::series
