// SPDX-License-Identifier: Apache-2.0
#include "cli/options/common.h"

#include <fmt/core.h>

#include <filesystem>

#include "core/health/overflow.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Bounds<Nanoseconds> kWindows{.least = 100us, .most = 100ms};
constexpr Bounds<std::uint64_t> kSlots{.least = 64, .most = kMostSlots};

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

}  // namespace

std::optional<Nanoseconds> CommonOptions::length() const {
  if (once) return interval;
  return duration;
}

std::string default_host_root() { return is_directory("/host/sys/fs/cgroup") ? "/host" : ""; }

void add_host_root_option(CLI::App& command, std::string& host_root) {
  host_root = default_host_root();
  const auto parse = [&host_root](const std::string& text) {
    if (!is_directory(text)) {
      refuse("--host-root", "a directory", text,
             "mount the host's root there: docker run -v /:/host:ro");
    }
    host_root = text == "/" ? "" : text;
  };
  add_parsed(command,
             {.name = "--host-root",
              .help = "Directory where the host's root is mounted; files of the host are read "
                      "below it",
              .fallback = "/host if it exists, else /"},
             "DIR", parse);
}

void add_interface_options(CLI::App& command, monitor::InterfaceChoice& choice) {
  add_list(command,
           {.name = "-i,--iface",
            .help = "Interface to count; repeatable",
            .fallback = "every uplink, or the default route's device"},
           "NAME|GLOB", choice.interfaces);
  add_list(command,
           {.name = "--netns",
            .help = "Network namespace to count in, by name or glob, or all; repeatable",
            .fallback = "the one that cgtally runs in"},
           "NAME|PID|PATH", choice.netns);
}

void add_by_option(CLI::App& command, Grouping& by) {
  std::vector<std::string> names(kGroupingNames.all().begin(), kGroupingNames.all().end());
  add_choice(
      command,
      {.name = "--by",
       .help = "Sum accounts by this name; an account without one keeps its own line, as each "
               "reason does",
       .fallback = std::string(kGroupingNames[Grouping::cgroup])},
      std::move(names), into(by));
}

void add_duration_option(CLI::App& command, std::optional<Nanoseconds>& duration) {
  add_time(command, {.name = "--duration", .help = "Time to run", .fallback = "until Ctrl-C"},
           kAnyPositiveTime, into(duration));
}

void add_window_option(CLI::App& command, Nanoseconds& window) {
  add_time(command,
           {.name = "--window",
            .help = "Length of the windows in which bursts are looked for",
            .fallback = "1ms"},
           kWindows, into(window));
}

void add_connections_option(CLI::App& command, bool& no_connections) {
  add_flag(command,
           {.name = "--no-connections",
            .help = "Do not ask for TCP connections; what is known by them stays empty"},
           no_connections);
}

void add_private_option(CLI::App& command, bool& private_ledger) {
  add_flag(
      command,
      {.name = "--private", .help = "Count with private programs, even if a pinned ledger is up"},
      private_ledger);
}

void add_slots_option(CLI::App& command, std::optional<std::uint32_t>& slots) {
  add_count(command,
            {.name = "--slots",
             .help = "Number of accounts that the ledger has room for; traffic of further "
                     "accounts is counted on (overflow)",
             .fallback = fmt::format("{}", monitor::SessionOptions{}.ledger.slots)},
            kSlots, into(slots));
}

void add_bpffs_option(CLI::App& command, std::string& bpffs) {
  bpffs = monitor::SessionOptions{}.bpffs;
  add_text(command,
           {.name = "--bpffs", .help = "BPF file system that holds the ledger", .fallback = bpffs},
           "DIR", bpffs);
}

void add_row_options(CLI::App& command, csv::RowFile& rows, const std::string& help,
                     const std::string& type, const std::string& fallback) {
  add_parsed(command, {.name = "--csv", .help = help, .fallback = fallback}, type,
             [&rows](const std::string& path) {
               rows.path = path;
               rows.format = csv::RowFormat::csv;
               rows.option = "--csv";
             });
  add_parsed(command, {.name = "--json", .help = "The same as JSON lines: an object for each row"},
             type, [&rows](const std::string& path) {
               rows.path = path;
               rows.format = csv::RowFormat::json_lines;
               rows.option = "--json";
             });
  exclude_each_other(command, "--csv", "--json");
  add_plain_names_option(command, rows);
}

void add_plain_names_option(CLI::App& command, csv::RowFile& rows) {
  add_flag(command,
           {.name = "--plain-names",
            .help = "Write names as they are; without it a name that a spreadsheet would run as a "
                    "formula gets an apostrophe in front"},
           rows.plain_names);
}

void add_common_options(CLI::App& command, CommonOptions& options, const CommonHelp& help) {
  add_interface_options(command, options.choice);
  add_time(command, {.name = "--interval", .help = "Time between two readings", .fallback = "1s"},
           kIntervals, into(options.interval));
  add_duration_option(command, options.duration);
  add_flag(command, {.name = "--once", .help = help.once}, options.once);
  if (!help.account.empty()) {
    add_text(command, {.name = "--account", .help = help.account}, "GLOB", options.account);
  }
  add_by_option(command, options.by);
  add_count(command, help.top, kTops, into(options.top));
  add_row_options(command, options.rows, help.csv, help.csv_type, help.csv_fallback);
  add_host_root_option(command, options.choice.host_root);
  add_slots_option(command, options.slots);
  add_bpffs_option(command, options.bpffs);
  add_private_option(command, options.private_ledger);
  add_version(command);
}

}  // namespace cgtally::cli
