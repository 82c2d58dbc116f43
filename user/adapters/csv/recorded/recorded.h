// SPDX-License-Identifier: Apache-2.0
// Reads the CSVs of bursts and of credits back, for the report.
#pragma once

#include <functional>
#include <istream>
#include <string>

#include "core/base/result.h"
#include "core/credits/report.h"
#include "core/report/burst_findings.h"

namespace cgtally::csv {

// Whether that is the first line of such a file, also of a later version.
[[nodiscard]] bool is_bursts_header(const std::string& line);
[[nodiscard]] bool is_credits_header(const std::string& line);

// Errors begin with `name` and the line.
using OnBurst = std::function<void(const report::RecordedBurst& burst)>;
[[nodiscard]] Result<void> for_each_burst(std::istream& in, const std::string& name,
                                          const OnBurst& on_burst);

// The rows of one moment and host are one report, with those directions as watched ones. Evidence,
// counters and names of instances are not in the file.
using OnCreditReport = std::function<void(const CreditReport& credits)>;
[[nodiscard]] Result<void> for_each_credit_report(std::istream& in, const std::string& name,
                                                  const OnCreditReport& on_report);

}  // namespace cgtally::csv
