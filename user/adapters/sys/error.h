// SPDX-License-Identifier: Apache-2.0
// Makes an Error of an errno: "open /run/netns/x: No such file or directory". EPERM, EACCES and
// ENOSYS become Failure::unsupported, so that every command ends with the same exit code for them.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::sys {

[[nodiscard]] Error error_from(int code, const std::string& what, std::string hint = {});

}  // namespace cgtally::sys
