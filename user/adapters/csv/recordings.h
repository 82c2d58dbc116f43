// SPDX-License-Identifier: Apache-2.0
// Reads the recordings that a command was given, file after file and row by row; - is stdin. An
// Error names the file and the line. A file without rows is an Error, too.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/text/input.h"
#include "core/base/result.h"
#include "core/traffic/sample.h"

namespace cgtally::csv {

// `location` is "a.csv: line 7"; an Error of on_row ends the reading.
using OnRow = std::function<Result<void>(const Sample& row, const std::string& location)>;
[[nodiscard]] Result<void> read_recordings(const std::vector<std::string>& files,
                                           const OnRow& on_row);

// The same for files that were opened to see what they are.
[[nodiscard]] Result<void> read_recordings(std::vector<text::Input>& inputs, const OnRow& on_row);
[[nodiscard]] Result<std::vector<text::Input>> open_inputs(const std::vector<std::string>& files);

// Judges by the name, because a recording has nothing else: traffic of lo and veth* is not billed.
[[nodiscard]] bool may_be_uplink(std::string_view iface);

// "no account in the recording matches", with the names that it has. They are from outside: escaped
// here.
[[nodiscard]] Error no_match(const std::string& kind, const std::vector<std::string>& names);

}  // namespace cgtally::csv
