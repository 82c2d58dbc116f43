// SPDX-License-Identifier: Apache-2.0
// The bursts CSV: one row for each burst. The columns and their order are a contract: new ones are
// appended.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/bursts/cause.h"

namespace cgtally::csv {

inline constexpr std::array<std::string_view, 18> kBurstColumns{
    "time",        "boot_ns",   "duration_ns",  "window_ns", "host",        "iface",
    "direction",   "bytes",     "packets",      "peak_bps",  "mean_bps",    "threshold_bps",
    "top_account", "top_share", "top_share_hi", "exceeded",  "shared_with", "cause"};

[[nodiscard]] std::string bursts_header();  // one line, with its '\n'
// `wall`: the time at which the burst began; `account`: the name of its top account.
[[nodiscard]] std::string bursts_row(const ExplainedBurst& burst, Nanoseconds wall,
                                     const std::string& host, const std::string& account);

}  // namespace cgtally::csv
