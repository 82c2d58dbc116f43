// SPDX-License-Identifier: Apache-2.0
// The CSV of the allowance counters: one row for each counter of each interface and look. Columns
// are a contract like those of the samples: later versions only append.
#pragma once

#include <string>

#include "core/instance/allowance_counters.h"
#include "core/traffic/reading.h"

namespace cgtally::csv {

[[nodiscard]] std::string allowances_header();  // one line, with its '\n'
// Likewise. The gauge has no difference, and only some counters are a share of packets.
[[nodiscard]] std::string allowances_row(const std::string& host, const Moment& taken,
                                         Nanoseconds interval, const AllowanceStep& step);

}  // namespace cgtally::csv
