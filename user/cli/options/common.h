// SPDX-License-Identifier: Apache-2.0
// Options that several commands share: interfaces, times, the ledger, the host's root. The same
// option has the same words, bounds and default in each command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/csv/row_file.h"
#include "cli/options/parsing.h"
#include "core/base/units.h"
#include "core/containers/grouping.h"
#include "monitor/session/session_options.h"

namespace cgtally::cli {

// The values of these options, as live, record and credits have them. Bursts uses a part of them.
struct CommonOptions {
  monitor::InterfaceChoice choice;
  Nanoseconds interval = std::chrono::seconds{1};
  std::optional<Nanoseconds> duration;
  bool once = false;
  std::string account;  // glob; empty: all
  Grouping by = Grouping::cgroup;
  std::optional<std::size_t> top;
  csv::RowFile rows;  // --csv or --json
  std::optional<std::uint32_t> slots;
  std::string bpffs = monitor::SessionOptions{}.bpffs;
  bool private_ledger = false;
  bool no_connections = false;
  // Of the windows that this run makes.
  Nanoseconds window = monitor::SessionOptions{}.ledger.window;
  std::uint32_t clock_read_bytes = monitor::SessionOptions{}.ledger.clock_read_bytes;

  // Until when to count: --once is one interval; none: until the user stops the run.
  [[nodiscard]] std::optional<Nanoseconds> length() const;
};

// The values of --interval and --top in each command.
inline constexpr Bounds<Nanoseconds> kIntervals{.least = std::chrono::milliseconds{100},
                                                .most = std::chrono::hours{1}};
inline constexpr Bounds<std::uint64_t> kTops{.least = 1, .most = 1'000'000};

// Words of options that mean the same in each command, but not quite.
struct CommonHelp {
  std::string once = "Stop after one interval";
  std::string account =
      "Show only accounts whose path or name matches, such as '/system.slice/*' or 'shop/api-*'";
  OptionText top{.name = "--top", .help = "Show N accounts, and the others as one"};
  std::string csv;  // of --csv
  std::string csv_fallback = {};
  std::string csv_type = "FILE|-";
};
// The options of live, record and credits; those of the other commands, one by one.
void add_common_options(CLI::App& command, CommonOptions& options, const CommonHelp& help);
void add_interface_options(CLI::App& command, monitor::InterfaceChoice& choice);
// --csv, with these words, and --json, which writes the same rows in the other form.
void add_row_options(CLI::App& command, csv::RowFile& rows, const std::string& help,
                     const std::string& type = "FILE|-", const std::string& fallback = {});
void add_plain_names_option(CLI::App& command, csv::RowFile& rows);
void add_by_option(CLI::App& command, Grouping& by);
void add_duration_option(CLI::App& command, std::optional<Nanoseconds>& duration);
void add_window_option(CLI::App& command, Nanoseconds& window);
void add_connections_option(CLI::App& command, bool& no_connections);  // of live and record
void add_private_option(CLI::App& command, bool& private_ledger);
void add_slots_option(CLI::App& command, std::optional<std::uint32_t>& slots);
void add_bpffs_option(CLI::App& command, std::string& bpffs);
void add_host_root_option(CLI::App& command, std::string& host_root);

// /host if it has a cgroup file system, as in a container that was given the host's root there;
// else empty.
[[nodiscard]] std::string default_host_root();

}  // namespace cgtally::cli
