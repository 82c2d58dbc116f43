// SPDX-License-Identifier: Apache-2.0
// From an errno to an Error: "open /run/netns/x: No such file or directory". What the kernel does
// not permit or does not have becomes Failure::unsupported, so that every caller ends with the same
// exit code for it.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::sys {

[[nodiscard]] Error error_from(int code, const std::string& what, std::string hint = {});

}  // namespace cgtally::sys
