// SPDX-License-Identifier: Apache-2.0
// What a directory contains. The iterator of std::filesystem throws if a directory cannot be read
// on once it was opened, also where its constructor was asked for an error code; this does not.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace cgtally::sys {

// In no particular order, as far as they could be read; `failed` says why not further.
[[nodiscard]] std::vector<std::filesystem::path> entries_of(const std::string& directory,
                                                            std::error_code& failed);
[[nodiscard]] std::vector<std::filesystem::path> entries_of(const std::string& directory);

}  // namespace cgtally::sys
