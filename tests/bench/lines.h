// SPDX-License-Identifier: Apache-2.0
// Counts the cache lines of our maps that a warm packet writes, and how many of them more than one
// CPU writes: by looking at the maps before and after one packet on each CPU. A store of what was
// there already is not seen.
#pragma once

#include <cstddef>

#include "bench/runner.h"

namespace cgtally::bench {

struct LinesWritten {
  std::size_t cpus = 0;
  std::size_t written = 0;  // by one packet, on the CPU on which it writes most
  std::size_t shared = 0;   // lines, or entries of hashes, that two CPUs write
};

[[nodiscard]] Result<LinesWritten> count_lines(Runner& runner, const bpf_program* program,
                                               const Frame& frame);

}  // namespace cgtally::bench
