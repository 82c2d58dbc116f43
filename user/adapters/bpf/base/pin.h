// SPDX-License-Identifier: Apache-2.0
// Replaces a pin in bpffs in one step: a process that is killed at any moment leaves the old pin or
// the new one.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::bpf {

// The suffix of a pin before it is renamed into place. Has no dot, because bpffs rejects dots.
inline constexpr const char* kUnfinishedPin = "-new";

// Pins `fd` at `path`. An earlier pin there stays until the new one replaces it.
Result<void> replace_pin(int fd, const std::string& path);

// Pins each object that is pinned in the directory `from` in `to` as well, by the same name.
Result<void> pin_all_again(const std::string& from, const std::string& to);

}  // namespace cgtally::bpf
