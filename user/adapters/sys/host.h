// SPDX-License-Identifier: Apache-2.0
// Names of this machine, this boot and this run.
#pragma once

#include <string>

namespace cgtally::sys {

[[nodiscard]] std::string host_name();
// 32 hexadecimal digits, different each time.
[[nodiscard]] std::string random_id();
// The kernel's id of this boot; empty where /proc does not tell.
[[nodiscard]] std::string boot_id();

}  // namespace cgtally::sys
