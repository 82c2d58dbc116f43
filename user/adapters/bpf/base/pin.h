// SPDX-License-Identifier: Apache-2.0
// Pins in bpffs that are replaced in one step: a process killed at any moment leaves the old one or
// the new one.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::bpf {

// The suffix of a pin until it is in its place. No dot: bpffs refuses names that have one.
inline constexpr const char* kUnfinishedPin = "-new";

// Pins `fd` at `path` in place of any earlier pin, which is there until this one is.
Result<void> replace_pin(int fd, const std::string& path);

}  // namespace cgtally::bpf
