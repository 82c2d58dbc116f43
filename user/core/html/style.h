// SPDX-License-Identifier: Apache-2.0
// The style sheet of a report: light, dark, a phone, and paper.
#pragma once

#include <string_view>

namespace cgtally::html {

[[nodiscard]] std::string_view style_sheet();

}  // namespace cgtally::html
