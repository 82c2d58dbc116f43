// SPDX-License-Identifier: Apache-2.0
// The plots of a report, each as an HTML figure with its caption and legend.
#pragma once

#include <string>

#include "core/report/findings.h"

namespace cgtally::report {

[[nodiscard]] std::string figures_html(const Findings& findings);

}  // namespace cgtally::report
