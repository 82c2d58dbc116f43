// SPDX-License-Identifier: Apache-2.0
// The checks of `cgtally selftest` and their results: what was expected, what was seen, and what
// follows. A check that could not be made is neither good nor bad, and says why.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/traffic.h"

namespace cgtally::selftest {

enum class CheckOutcome : std::uint8_t { ok, failed, skipped };
[[nodiscard]] std::string_view outcome_name(CheckOutcome outcome);  // "ok", "FAILED", "skipped"

// A part that is 0 on both sides of a figure was not looked at.
struct Count {
  Bytes bytes;
  Packets packets;
  bool operator==(const Count&) const = default;
};

// A quantity that is known from outside, and what was counted of it.
struct Figure {
  std::string what;  // "received"
  Count expected;
  Count seen;
  [[nodiscard]] bool holds() const { return expected == seen; }
};

struct CheckResult {
  std::string name;  // "fragments"
  CheckOutcome outcome = CheckOutcome::ok;
  std::string detail;           // why it was skipped, or what failed beside the figures
  std::vector<Figure> figures;  // all that were compared
  Nanoseconds took{};
};

// ok if each figure holds.
[[nodiscard]] CheckResult judge(std::string name, std::vector<Figure> figures);
[[nodiscard]] CheckResult skip(std::string name, std::string why);
[[nodiscard]] CheckResult fail(std::string name, std::string what);

// Both directions of traffic as figures: the expected ones and those that were seen.
[[nodiscard]] std::vector<Figure> both_ways(const Traffic& expected, const Traffic& seen,
                                            const std::string& of = {});
[[nodiscard]] bool any_failed(const std::vector<CheckResult>& results);

}  // namespace cgtally::selftest
