// SPDX-License-Identifier: Apache-2.0
// The tables at the end of a report.
#pragma once

#include <string>

#include "core/report/findings.h"

namespace cgtally::report {

[[nodiscard]] std::string tables_html(const Findings& findings);

}  // namespace cgtally::report
