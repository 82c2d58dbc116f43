// SPDX-License-Identifier: Apache-2.0
#include "cli/options/common.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>

#include "cli/options/parsing.h"
#include "core/base/quantity.h"

namespace cgtally::cli {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLeastInterval = 100ms;
constexpr Nanoseconds kMostInterval = 1h;
constexpr std::uint32_t kLeastSlots = 64;
constexpr std::uint32_t kMostSlots = 1'048'576;

Nanoseconds duration_from(const std::string& option, const std::string& text) {
  return value_of(option, text, parse_duration(text));
}

template <typename Number>
Number number_from(const std::string& option, const std::string& text, Number least, Number most) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code != std::errc{} || stop != end || value < least || value > most) {
    throw_usage_error(option + " " + text + " is no number from " + std::to_string(least) + " to " +
                          std::to_string(most),
                      "give one within these bounds");
  }
  return value;
}

void add_time_options(CLI::App& command, CommonOptions& options) {
  command
      .add_option_function<std::string>(
          "--interval",
          [&options](const std::string& text) {
            options.interval = duration_from("--interval", text);
            if (options.interval < kLeastInterval || options.interval > kMostInterval) {
              throw_usage_error("--interval " + text + " is out of range",
                                "give one from 100ms to 1h");
            }
          },
          "Time between two readings, 100ms to 1h (default 1s)")
      ->type_name("TIME");
  add_duration_option(command, options.duration);
  command.add_flag("--once", options.once, "One interval, then stop");
}

}  // namespace

std::optional<Nanoseconds> CommonOptions::length() const {
  if (once) {
    return interval;
  }
  return duration;
}

std::string default_host_root() {
  std::error_code ignored;
  return std::filesystem::is_directory("/host/sys/fs/cgroup", ignored) ? "/host" : "";
}

void add_host_root_option(CLI::App& command, std::string& host_root) {
  host_root = default_host_root();
  command
      .add_option_function<std::string>(
          "--host-root",
          [&host_root](const std::string& text) {
            std::error_code ignored;
            if (!std::filesystem::is_directory(text, ignored)) {
              throw_usage_error("--host-root " + text + " is no directory",
                                "mount the host's root there: docker run -v /:/host:ro");
            }
            host_root = text == "/" ? "" : text;
          },
          "Where the host's root is mounted; names are read below it\n"
          "(default: /host where it exists)")
      ->type_name("DIR");
}

void add_place_options(CLI::App& command, std::vector<std::string>& interfaces,
                       std::vector<std::string>& netns) {
  command
      .add_option("-i,--iface", interfaces,
                  "Interface to count, by name or glob; repeatable\n"
                  "(default: every uplink, or the default route's device)")
      ->type_name("NAME|GLOB")
      ->allow_extra_args(false);
  command
      .add_option("--netns", netns,
                  "Count in this network namespace instead of the own one;\nrepeatable")
      ->type_name("NAME|PID|PATH")
      ->allow_extra_args(false);
}

void add_duration_option(CLI::App& command, std::optional<Nanoseconds>& duration) {
  command
      .add_option_function<std::string>(
          "--duration",
          [&duration](const std::string& text) {
            duration = duration_from("--duration", text);
            if (*duration <= 0ns) {
              throw_usage_error("--duration " + text + " is no time at all",
                                "give one such as 15s or 2m30s");
            }
          },
          "Stop after this time (default: on Ctrl-C)")
      ->type_name("TIME");
}

void add_private_option(CLI::App& command, bool& private_ledger) {
  command.add_flag("--private", private_ledger,
                   "Count with programs of this run's own, even if a ledger is up");
}

void add_slots_option(CLI::App& command, std::optional<std::uint32_t>& slots) {
  command
      .add_option_function<std::string>(
          "--slots",
          [&slots](const std::string& text) {
            slots = number_from<std::uint32_t>("--slots", text, kLeastSlots, kMostSlots);
          },
          "Accounts that fit into the ledger, 64 to 1048576 (default 4096);\n"
          "what does not fit is counted on (overflow)")
      ->type_name("N");
}

void add_bpffs_option(CLI::App& command, std::string& bpffs) {
  bpffs = "/sys/fs/bpf";
  command
      .add_option("--bpffs", bpffs,
                  "The BPF file system that holds the ledger (default /sys/fs/bpf)")
      ->type_name("DIR");
}

void add_common_options(CLI::App& command, CommonOptions& options) {
  add_place_options(command, options.choice.interfaces, options.choice.netns);
  add_time_options(command, options);
  command
      .add_option("--account", options.account,
                  "Show only accounts that match, such as '/system.slice/*'")
      ->type_name("GLOB");
  command
      .add_option_function<std::string>(
          "--top",
          [&options](const std::string& text) {
            options.top = number_from<std::size_t>("--top", text, 1, 1'000'000);
          },
          "Show so many accounts, the others as one")
      ->type_name("N");
  command.add_option("--csv", options.csv, "Write samples to this file, appending")
      ->type_name("FILE|-");
  add_host_root_option(command, options.choice.host_root);
  add_slots_option(command, options.slots);
  add_bpffs_option(command, options.bpffs);
  add_private_option(command, options.private_ledger);
  command.set_version_flag("--version", "cgtally " CGTALLY_VERSION, "Print the version");
}

}  // namespace cgtally::cli
