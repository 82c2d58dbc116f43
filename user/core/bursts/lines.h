// SPDX-License-Identifier: Apache-2.0
// Bursts as lines of text for a terminal, in 80 columns: one line for each, or for a group of
// bursts that are alike. A burst that is still under way has the same line, with its figures so
// far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bursts/cause.h"
#include "core/bursts/groups.h"

namespace cgtally {

struct BurstLayout {
  std::size_t interface_columns = 0;  // 0: there is only one interface, which need not be named
};

[[nodiscard]] std::string burst_header(const BurstLayout& layout);
// `wall`: wall time at which it began; `account`: the name of its top account.
[[nodiscard]] std::string burst_line(const ExplainedBurst& burst, Nanoseconds wall,
                                     const std::string& account, const BurstLayout& layout);
// The burst's line, or "11:42:07.113 tx x 47 of 1.2 MB in 9.87 s, peak 3.90 G redis.service".
[[nodiscard]] std::string burst_group_line(const BurstGroup& group, const BurstLayout& layout);
// "x 47 of 1.2 MB in 9.87 s"
[[nodiscard]] std::string repeated_words(std::uint64_t count, Bytes mean, Nanoseconds length);

// A burst that is under way as a sentence, for output without a table: "eth0 tx over 2.50 Gbit/s
// since 11:42:07.113: 14.2 s so far, 3.1 GB, /redis.service 98%".
[[nodiscard]] std::string burst_progress_words(const ExplainedBurst& burst, Nanoseconds wall,
                                               const std::string& account);

[[nodiscard]] std::string format_clock_with_milliseconds(Nanoseconds wall);  // 11:42:07.113
// "3 ms" "1.2 ms" "250 us": a length is a number of whole windows, so no digit is cut.
[[nodiscard]] std::string format_length(Nanoseconds length);
// The top account's share: "98%", or "61-98%" if its bounds differ by more than a percent.
[[nodiscard]] std::string format_share(const Burst& burst);

}  // namespace cgtally
