// SPDX-License-Identifier: Apache-2.0
// Bursts as lines of text for a terminal: a line each as they come, in 80 columns. One that is
// still under way has the same line, as far as it has come.
#pragma once

#include <cstddef>
#include <string>

#include "core/bursts/cause.h"

namespace cgtally {

struct BurstLayout {
  std::size_t interface_columns = 0;  // 0: there is only one, which need not be named
};

[[nodiscard]] std::string burst_header(const BurstLayout& layout);
// `wall`: when it began; `account`: the name of its top account.
[[nodiscard]] std::string burst_line(const ExplainedBurst& burst, Nanoseconds wall,
                                     const std::string& account, const BurstLayout& layout);

// The same of one that is under way, where there is no table: "eth0 tx over 2.50 Gbit/s since
// 11:42:07.113: 14.2 s so far, 3.1 GB, /redis.service 98%".
[[nodiscard]] std::string burst_progress_words(const ExplainedBurst& burst, Nanoseconds wall,
                                               const std::string& account);

[[nodiscard]] std::string format_clock_with_milliseconds(Nanoseconds wall);  // 11:42:07.113
// "3 ms" "1.2 ms" "250 us": lengths are whole windows, so no digit of theirs is cut.
[[nodiscard]] std::string format_length(Nanoseconds length);
// "98%", or "61-98%" where the error is more than a percent.
[[nodiscard]] std::string format_share(const Burst& burst);

}  // namespace cgtally
