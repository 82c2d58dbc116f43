// SPDX-License-Identifier: Apache-2.0
// The CSV of the allowance counters: one row for each counter, interface and reading. The columns
// are a contract like those of the samples: later versions only append some.
#pragma once

#include <string>

#include "core/instance/allowance_counters.h"
#include "core/traffic/reading.h"

namespace cgtally::csv {

[[nodiscard]] std::string allowances_header();  // one line, with its '\n'
// One line, too. conntrack_available is a gauge and has no delta; only some counters count packets,
// and have a share of them.
[[nodiscard]] std::string allowances_row(const std::string& host, const Moment& taken,
                                         Nanoseconds interval, const AllowanceStep& step);

}  // namespace cgtally::csv
