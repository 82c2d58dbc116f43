// SPDX-License-Identifier: Apache-2.0
// Reads JSON (RFC 8259) that others wrote, for the strings in it. Strict and bounded: text that is
// not JSON, that nests deeper than 64 levels or that has a key twice in one object is refused, so
// that no two readers can see different values in it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cgtally {

// The keys that lead to a value, outermost first; an element of an array has its index, from "0".
using JsonPath = std::vector<std::string>;
using OnJsonString = std::function<void(const JsonPath& path, const std::string& value)>;

// Calls `found` for each string value, in the order of the text. False: the text is refused, and
// what `found` was told until then must not be used.
[[nodiscard]] bool for_each_json_string(std::string_view text, const OnJsonString& found);

}  // namespace cgtally
