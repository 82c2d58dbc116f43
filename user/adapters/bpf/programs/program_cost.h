// SPDX-License-Identifier: Apache-2.0
// The run time of programs as the kernel measures it, whichever process loaded them. The kernel's
// statistics cost two clock reads for each packet while they are on, so they are on for an instant
// now and then; the time between the two reads of a run is in its run time, and is measured, too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/traffic/ledger_summary.h"

namespace cgtally::bpf {

// Turns the statistics on until the result is destroyed.
[[nodiscard]] Result<sys::Fd> run_time_statistics();
// What a run of a program that does nothing takes at the least, called many times in a row: so much
// of each run time is the statistics'. With cold caches they take more, which is then in what a
// program seems to cost: that is never less than it does. Call while they are on. Empty: the kernel
// does not tell.
[[nodiscard]] std::optional<Nanoseconds> time_of_statistics();
// The sum over the programs with these ids since they were loaded. Programs that no longer exist
// are left out.
[[nodiscard]] ProgramCost cost_of(std::span<const std::uint32_t> program_ids);

// The same less `statistics` for each run.
[[nodiscard]] CountingCost counting_cost(const ProgramCost& cost,
                                         std::optional<Nanoseconds> statistics,
                                         Nanoseconds measured);

}  // namespace cgtally::bpf
