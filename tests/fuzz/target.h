// SPDX-License-Identifier: Apache-2.0
// A fuzz target: a name, and a function that must come back from any bytes. The same targets run
// under libFuzzer (libfuzzer_main.cpp, the preset `fuzz`) and, in every build, on their seeds and
// mutations of them (replay_main.cpp). What a target finds is a crash, or a call of require().
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace cgtally::fuzz {

struct Target {
  std::string_view name;  // of its directory of seeds, too
  void (*run)(std::string_view input);
  // Further seeds, from the root of the sources: a directory or a file; may be empty.
  std::string_view more_seeds = "";
};

[[nodiscard]] std::span<const Target> targets();
// Ends the program with a message if there is none of that name.
[[nodiscard]] const Target& target_named(std::string_view name);

// What must hold for any input.
inline void require(bool holds, std::string_view what) {
  if (holds) return;
  fmt::print(stderr, "does not hold: {}\n", what);
  std::abort();
}

// Nothing in the text controls a terminal or the order in which text is shown. '\n' ends lines.
void require_harmless(std::string_view text, std::string_view what);

// A file in memory that has these bytes, for what reads by a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content);
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::string path() const { return fmt::format("/proc/self/fd/{}", fd_); }

 private:
  int fd_;
};

// The input up to the first line end, and the rest.
[[nodiscard]] std::pair<std::string_view, std::string_view> first_line(std::string_view input);
// What a function returns, kept from being optimised away.
template <typename Value>
void use(const Value& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// Of targets/: one subject each.
void samples_csv(std::string_view input);
void walked_recording(std::string_view input);
void lifecycle_csv(std::string_view input);
void report_files(std::string_view input);
void size_files(std::string_view input);
void compare_files(std::string_view input);
void foreign_series(std::string_view input);
void csv_to_append(std::string_view input);
void json_lines(std::string_view input);
void container_files(std::string_view input);
void host_tree(std::string_view input);
void cgroup_paths(std::string_view input);
void kernel_text(std::string_view input);
void ethtool_names(std::string_view input);
void netlink_messages(std::string_view input);
void ledger_maps(std::string_view input);
void window_rings(std::string_view input);
void saved_credits(std::string_view input);
void saved_series(std::string_view input);
void catalogue(std::string_view input);
void imds_answers(std::string_view input);
void http_targets(std::string_view input);
void http_requests(std::string_view input);
void http_bytes(std::string_view input);
void tokens(std::string_view input);
void screen_keys(std::string_view input);
void command_lines(std::string_view input);
void quantities(std::string_view input);
void numbers(std::string_view input);
void cleaned_text(std::string_view input);

}  // namespace cgtally::fuzz
