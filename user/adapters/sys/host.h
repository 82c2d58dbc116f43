// SPDX-License-Identifier: Apache-2.0
// Names of this machine, this boot and this run, and the number of its CPU ids.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace cgtally::sys {

[[nodiscard]] std::string host_name();
// 32 hexadecimal digits, different each time.
[[nodiscard]] std::string random_id();
// The kernel's id of this boot; empty if /proc does not have it.
[[nodiscard]] std::string boot_id();

// The highest CPU id that this machine may ever have, plus one: the size of an array that is
// indexed by CPU id. Larger than the number of CPUs if the ids have gaps.
[[nodiscard]] Result<std::uint32_t> cpu_ids();
// The number of CPUs that run now, whichever of them this process may use.
[[nodiscard]] unsigned online_cpus();

}  // namespace cgtally::sys
