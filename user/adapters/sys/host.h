// SPDX-License-Identifier: Apache-2.0
// Names of this machine, this boot and this run.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace cgtally::sys {

[[nodiscard]] std::string host_name();
// 32 hexadecimal digits, different each time.
[[nodiscard]] std::string random_id();
// The kernel's id of this boot; empty where /proc does not tell.
[[nodiscard]] std::string boot_id();

// How many ids CPUs of this machine may have: the highest possible one and one more. Where ids have
// gaps that is more than there are CPUs, and an array indexed by id must have room for all.
[[nodiscard]] Result<std::uint32_t> cpu_ids();

}  // namespace cgtally::sys
