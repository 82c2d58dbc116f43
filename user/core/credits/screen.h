// SPDX-License-Identifier: Apache-2.0
// The credits as lines of text: a screen that is repainted, or a line for each direction if the
// output is not a terminal. 80 columns suffice. Each capacity says whether it was told, is learned
// or a prior. Made from a CreditReport by the commands `credits`, `replay` and `live`.
#pragma once

#include <string>
#include <vector>

#include "core/credits/report.h"

namespace cgtally {

struct CreditLayout {
  std::size_t columns = 80;
  bool colour = false;
  Nanoseconds warn{};  // the time to empty that is a danger
};

[[nodiscard]] std::vector<std::string> credit_screen(const CreditReport& report,
                                                     const CreditLayout& layout);
// "11:42:07Z tx 281 Mbit/s draining -27.1 MB/s balance 4.0..44 GB empty in 2m28s..27m".
[[nodiscard]] std::vector<std::string> credit_lines(const CreditReport& report);

// For a line of `live`: one part for each direction that is short of credits or not known, or one
// part for both. `directions` in the order to show.
[[nodiscard]] std::vector<std::string> credit_parts(const std::vector<DirectionCredit>& directions);

// "13..53 GB", "13 GB or more", "1.00 GB".
[[nodiscard]] std::string format_byte_range(const ByteRange& range);
// '#' surely there, '?' possibly there, '.' surely spent.
[[nodiscard]] std::string credit_gauge(const ShareRange& share, std::size_t width);
// "empty in 2m28s..27m", "not draining", "known after 50m at rest".
[[nodiscard]] std::string credit_outlook(const DirectionCredit& credit);
// What ends a danger, or the draining: "cut tx by 217 Mbit/s (redis is 96 % of it)"; empty without
// either.
[[nodiscard]] std::string credit_remedy(const DirectionCredit& credit, Nanoseconds warn);
// "2m28s..27m", "2m28s or never"; "at most 27m" if it may be empty already, "not known" if it may
// also never be.
[[nodiscard]] std::string format_time_to_empty(const TimeToEmpty& empty);
// "empty in 2m28s..27m", "time to empty not known".
[[nodiscard]] std::string format_outlook(const TimeToEmpty& empty);

}  // namespace cgtally
