// SPDX-License-Identifier: Apache-2.0
// The options that the counting commands share, checked as they are read. Whatever is out of its
// bounds is a UsageError, which says the bounds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/units.h"
#include "monitor/session/interface_choice.h"

namespace CLI {
class App;
}

namespace cgtally::cli {

struct CommonOptions {
  monitor::InterfaceChoice choice;
  Nanoseconds interval = std::chrono::seconds{1};
  std::optional<Nanoseconds> duration;
  bool once = false;
  std::string account;  // glob; empty: all
  std::optional<std::size_t> top;
  std::string csv;  // path, "-" or empty
  std::optional<std::uint32_t> slots;
  std::string bpffs = "/sys/fs/bpf";
  bool private_ledger = false;
  // Of windows that this run makes.
  Nanoseconds window = std::chrono::milliseconds{1};
  std::uint32_t clock_read_bytes = 16'384;

  // How long to count: --once is one interval.
  [[nodiscard]] std::optional<Nanoseconds> length() const;
};

void add_common_options(CLI::App& command, CommonOptions& options);
void add_duration_option(CLI::App& command, std::optional<Nanoseconds>& duration);
void add_private_option(CLI::App& command, bool& private_ledger);
// What every command that counts must know.
void add_place_options(CLI::App& command, std::vector<std::string>& interfaces,
                       std::vector<std::string>& netns);
void add_slots_option(CLI::App& command, std::optional<std::uint32_t>& slots);
void add_bpffs_option(CLI::App& command, std::string& bpffs);
void add_host_root_option(CLI::App& command, std::string& host_root);

// /host where that is the root of a host: a container that is given it means it.
[[nodiscard]] std::string default_host_root();

}  // namespace cgtally::cli
