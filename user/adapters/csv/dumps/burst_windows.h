// SPDX-License-Identifier: Apache-2.0
// The CSV of a burst dump: one row for each window with traffic, and one for each range of windows
// that were not read. A window without a row is a window without traffic. The columns and their
// order are a contract: new ones are appended.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "core/bursts/flight_recorder.h"

namespace cgtally::csv {

inline constexpr std::array<std::string_view, 21> kWindowColumns{
    "time",        "boot_ns",   "iface",        "direction", "bytes",   "packets",
    "top_account", "top_bytes", "top_bytes_hi", "account_2", "bytes_2", "bytes_2_hi",
    "account_3",   "bytes_3",   "bytes_3_hi",   "account_4", "bytes_4", "bytes_4_hi",
    "window_ns",   "burst_ns",  "missed"};

using AccountNameOf = std::function<std::string(const Account&)>;

// The whole file, beginning with the header.
[[nodiscard]] std::string windows_text(const FlightDump& dump, const AccountNameOf& name_of);
[[nodiscard]] std::string windows_header();
// "burst-20261122T114207.113Z-eth0-tx.csv".
[[nodiscard]] std::string windows_file_name(const FlightDump& dump);
// The names for further files with that name: "burst-20261122T114207.113Z-eth0-tx-2.csv"; number 1
// is `name` itself.
[[nodiscard]] std::string numbered_windows_file_name(const std::string& name, int number);
// True for the names of these two functions, and for an unfinished write of such a file.
[[nodiscard]] bool is_windows_file_name(std::string_view name);

}  // namespace cgtally::csv
