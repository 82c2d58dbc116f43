// SPDX-License-Identifier: Apache-2.0
// The version that the program says of itself: packaging/version.cmake asks git for it. In a file
// of its own, so that a commit compiles only that.
#pragma once

namespace cgtally::cli {

[[nodiscard]] const char* program_version();

}  // namespace cgtally::cli
