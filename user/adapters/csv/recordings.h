// SPDX-License-Identifier: Apache-2.0
// Recordings as a command is given them: files one after the other, - is stdin, row by row. What
// cannot be read, and a file without rows, is an Error that names the file and the line.
#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/traffic/sample.h"

namespace cgtally::csv {

// `place` is "a.csv: line 7"; an Error of on_row ends the reading.
using OnRow = std::function<Result<void>(const Sample& row, const std::string& place)>;
[[nodiscard]] Result<void> read_recordings(const std::vector<std::string>& files,
                                           const OnRow& on_row);

// The same for what is no recording of ours: each stream as it comes.
using OnStream = std::function<Result<void>(std::istream& in, const std::string& name)>;
[[nodiscard]] Result<void> read_streams(const std::vector<std::string>& files,
                                        const OnStream& on_stream);

// By its name, all that a recording says of it: lo and veths carry nothing that is paid for.
[[nodiscard]] bool may_be_uplink(std::string_view iface);

// "there are: a, b"; names come from outside.
[[nodiscard]] Error nothing_of(const std::string& kind, const std::vector<std::string>& names);

}  // namespace cgtally::csv
