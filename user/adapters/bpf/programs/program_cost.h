// SPDX-License-Identifier: Apache-2.0
// What programs cost, whoever loaded them, as the kernel itself measures it. Its statistics cost
// two clock reads a packet while they are on: for an instant now and then.
#pragma once

#include <cstdint>
#include <span>

#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// On until the result goes.
[[nodiscard]] Result<sys::Fd> run_time_statistics();
// Of the programs with these ids, taken together, since they were loaded; those that are no more
// are left out.
[[nodiscard]] ProgramCost cost_of(std::span<const std::uint32_t> program_ids);

}  // namespace cgtally::bpf
