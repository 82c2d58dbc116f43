// SPDX-License-Identifier: Apache-2.0
// A JSON document, read element by element: those of the arrays that are asked for are handed over
// when they are complete, and dropped then, so that a file of a million rows takes little memory.
// Included by this folder only: nlohmann's header is slow to compile.
#pragma once

#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "core/base/result.h"

namespace cgtally::series {

using Json = nlohmann::json;

// `array` is the key of the array; "" for the outermost value, and for its elements if it is an
// array. Inner elements come before the one
// that they are a part of, which comes without them.
using OnJsonElement = std::function<Result<void>(const std::string& array, const Json& element)>;
// The Error names the file and, where the text is not JSON, the line and column.
[[nodiscard]] Result<void> for_each_element(std::istream& in, const std::string& file,
                                            const std::set<std::string>& arrays,
                                            const OnJsonElement& on_element);

// The text of a member that may be missing.
[[nodiscard]] std::string text_at(const Json& object, const char* key);
// The number of a member; NaN if it is missing or no number. Prometheus writes numbers as text.
[[nodiscard]] double number_at(const Json& object, const char* key);

}  // namespace cgtally::series
