// SPDX-License-Identifier: Apache-2.0
// The results of `cgtally selftest` as text, as JSON, and as a report that can be pasted into an
// issue. No form has a name or an address of the host.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/selftest/check.h"

namespace cgtally::selftest {

// The host as far as it may matter to a fault, in the order in which it is shown: "kernel",
// "6.1.0-18-amd64"...
using HostLines = std::vector<std::pair<std::string, std::string>>;

struct SelftestReport {
  std::string version;
  HostLines host;
  std::vector<CheckResult> checks;
  Nanoseconds took{};
};

// "ok       tcp          sent 8 412 102 bytes in 5 571 packets, received ...": one line, or more
// where figures failed.
[[nodiscard]] std::vector<std::string> check_lines(const CheckResult& check);
// "11 checks in 6.3 s: 10 ok, 1 skipped".
[[nodiscard]] std::string summary_line(const SelftestReport& report);
[[nodiscard]] std::string report_text(const SelftestReport& report);
[[nodiscard]] std::string selftest_document(const SelftestReport& report);

}  // namespace cgtally::selftest
