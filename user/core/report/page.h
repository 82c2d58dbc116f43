// SPDX-License-Identifier: Apache-2.0
// The report as one HTML page: the story, the plots, the tables. It refers to nothing outside and
// has no script.
#pragma once

#include <string>

#include "core/report/findings.h"

namespace cgtally::report {

[[nodiscard]] std::string page_html(const Findings& findings);

}  // namespace cgtally::report
