// SPDX-License-Identifier: Apache-2.0
// The run time of programs as the kernel measures it, whichever process loaded them. The kernel's
// statistics cost two clock reads for each packet while they are on, so they are on for an instant
// now and then.
#pragma once

#include <cstdint>
#include <span>

#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// Turns the statistics on until the result is destroyed.
[[nodiscard]] Result<sys::Fd> run_time_statistics();
// The sum over the programs with these ids since they were loaded. Programs that no longer exist
// are left out.
[[nodiscard]] ProgramCost cost_of(std::span<const std::uint32_t> program_ids);

}  // namespace cgtally::bpf
