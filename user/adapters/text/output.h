// SPDX-License-Identifier: Apache-2.0
// Writes a text to a file that a user named.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::text {

// A regular file, or one that is not there yet, is replaced when the new one is whole; a device or
// a pipe is written to as it is. The Error names the file.
[[nodiscard]] Result<void> write_file(const std::string& path, std::string_view text);

}  // namespace cgtally::text
