// SPDX-License-Identifier: Apache-2.0
// The one place for the defaults of a ledger: how many accounts fit, how long windows are, and
// where bpffs is mounted. Monitor and cli take theirs from here.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/units.h"

namespace cgtally::bpf {

inline constexpr const char* kDefaultBpffs = "/sys/fs/bpf";

struct LedgerOptions {
  std::uint32_t slots = 4096;  // accounts over all interfaces; others are counted on `(overflow)`
  Nanoseconds window = std::chrono::milliseconds{1};  // zero: no windows
  std::uint32_t clock_read_bytes = 16'384;            // counted between two reads of the clock
};

}  // namespace cgtally::bpf
