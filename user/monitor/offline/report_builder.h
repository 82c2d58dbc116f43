// SPDX-License-Identifier: Apache-2.0
// Reads the files of `cgtally report`, whatever each of them is, and makes the page.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/containers/grouping.h"
#include "monitor/offline/credit_replayer.h"

namespace cgtally::monitor {

struct ReportOptions {
  std::vector<std::string> files;
  std::vector<std::string> interfaces;  // names and globs; empty: all
  Grouping by = Grouping::cgroup;
  ReplayCreditOptions credits;  // --as, --credits and their rows are not used
  std::string version;          // of cgtally, for the page
};

// The HTML of the report. Samples, bursts, credits and lifecycle may come together, of several
// hosts; with files of other monitors, too.
[[nodiscard]] Result<std::string> report_page(const ReportOptions& options);

}  // namespace cgtally::monitor
