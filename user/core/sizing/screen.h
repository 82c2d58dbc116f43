// SPDX-License-Identifier: Apache-2.0
// Which types carry a load, as a table of at most 80 columns and as CSV rows' worth of fields. The
// same rows serve what was recorded and what is imagined; the latter is counted twice, as payload
// and as it is on the wire.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/sizing/sizing.h"

namespace cgtally::sizing {

// How one load fares on one type.
struct SizingRow {
  const InstanceType* type;
  std::string counted;  // "payload", "wire"; empty: recorded
  Fit fit;
  std::optional<std::uint64_t> most_per_second;  // for ever; of an imagined load
};

[[nodiscard]] std::string sizing_table(const std::vector<SizingRow>& rows);
// "out   102 Mbit/s mean   238 Mbit/s peak   9 200 p/s   mean packet 1 391 B"
[[nodiscard]] std::string workload_lines(const Workload& load);
// What short packets mean; empty where they are not short.
[[nodiscard]] std::string short_packets(const Workload& load);
[[nodiscard]] std::string lasting(const Fit& fit);  // "for ever", "43.1 s..5m00s"

}  // namespace cgtally::sizing
