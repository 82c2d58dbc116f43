// SPDX-License-Identifier: Apache-2.0
// The list of targets, and what they share.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/base/text.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

constexpr std::array kTargets{
    Target{"samples_csv", samples_csv, "tests/data/compare"},
    Target{"walked_recording", walked_recording, "tests/data/compare"},
    Target{"lifecycle_csv", lifecycle_csv, "tests/data/lifecycle"},
    Target{"report_files", report_files, "tests/data/report"},
    Target{"size_files", size_files, "tests/data/series/monitors"},
    Target{"compare_files", compare_files, "tests/data/compare"},
    Target{"foreign_series", foreign_series, "tests/data/series"},
    Target{"csv_to_append", csv_to_append, "tests/data/report"},
    Target{"json_lines", json_lines, "tests/data/report"},
    Target{"container_files", container_files},
    Target{"host_tree", host_tree},
    Target{"cgroup_paths", cgroup_paths},
    Target{"kernel_text", kernel_text},
    Target{"ethtool_names", ethtool_names},
    Target{"netlink_messages", netlink_messages},
    Target{"ledger_maps", ledger_maps},
    Target{"window_rings", window_rings},
    Target{"saved_credits", saved_credits},
    Target{"saved_series", saved_series},
    Target{"catalogue", catalogue},
    Target{"imds_answers", imds_answers},
    Target{"http_targets", http_targets},
    Target{"http_requests", http_requests},
    Target{"http_bytes", http_bytes},
    Target{"tokens", tokens},
    Target{"screen_keys", screen_keys},
    Target{"command_lines", command_lines},
    Target{"quantities", quantities},
    Target{"numbers", numbers},
    Target{"cleaned_text", cleaned_text},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target& target_named(std::string_view name) {
  const auto* found = std::ranges::find(kTargets, name, &Target::name);
  if (found != kTargets.end()) return *found;
  fmt::print(stderr, "there is no fuzz target {}; those are:", name);
  for (const Target& target : kTargets) fmt::print(stderr, " {}", target.name);
  fmt::print(stderr, "\n");
  std::exit(2);
}

void require_harmless(std::string_view text, std::string_view what) {
  while (!text.empty()) {
    const auto [line, rest] = first_line(text);
    require(printable(line) == line, what);
    text = rest;
  }
}

MemoryFile::MemoryFile(std::string_view content) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
  require(fd_ >= 0, "the kernel gives a file in memory");
  require(::pwrite(fd_, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
          "the file in memory takes the input");
}

MemoryFile::~MemoryFile() { ::close(fd_); }

std::pair<std::string_view, std::string_view> first_line(std::string_view input) {
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return {input, {}};
  return {input.substr(0, end), input.substr(end + 1)};
}

}  // namespace cgtally::fuzz
