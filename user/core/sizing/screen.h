// SPDX-License-Identifier: Apache-2.0
// The types that carry a workload, as a table of at most 80 columns. The same rows make the CSV. An
// imagined workload has two rows for each type, one for its payload and one for its wire bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/sizing/sizing.h"

namespace cgtally::sizing {

// One workload on one type.
struct SizingRow {
  const InstanceType* type;
  std::string counted;  // "payload", "wire"; empty for a recorded workload
  Fit fit;
  std::optional<std::uint64_t> most_per_second;  // exchanges, for ever; only if imagined
};

[[nodiscard]] std::string sizing_table(const std::vector<SizingRow>& rows);
// One line for each direction: "out  mean    102 Mbit/s  peak    238 Mbit/s      9 200 p/s of  1
// 391 B".
[[nodiscard]] std::string workload_lines(const Workload& load);
// A note that a packet rate may be the limit; empty if the packets are not short.
[[nodiscard]] std::string short_packets(const Workload& load);
[[nodiscard]] std::string lasting(const Fit& fit);  // "for ever", "43.1 s..5m00s"

}  // namespace cgtally::sizing
