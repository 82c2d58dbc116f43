// SPDX-License-Identifier: Apache-2.0
// The report as text of 80 columns: both sums, the intervals that fall outside of what is expected,
// and one verdict.
#pragma once

#include <cstddef>
#include <string>

#include "core/compare/compare.h"

namespace cgtally::compare {

struct ScreenNames {
  std::string original;  // the globs
  std::string mirror;
};

[[nodiscard]] std::string compare_screen(const CompareReport& report, const ScreenNames& names,
                                         std::size_t most_rows);

// "MISSING 148 connections ...", and where the end of a container lies in it, that.
[[nodiscard]] std::string verdict_text(const CompareReport& report);

}  // namespace cgtally::compare
