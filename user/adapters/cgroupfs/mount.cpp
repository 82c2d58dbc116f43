// SPDX-License-Identifier: Apache-2.0
// Reads mountinfo and /proc/PID/cgroup. The kernel writes these files, but any process can choose
// the names of cgroups and mounts in them: the parsing takes nothing for granted.
#include "adapters/cgroupfs/mount.h"

#include <linux/magic.h>
#include <sys/statfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <ranges>

namespace cgtally::cgroupfs {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (const auto part : std::views::split(text, separator)) {
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

bool is_octal(std::string_view digits) {
  return digits.size() == 3 && digits.find_first_not_of("01234567") == std::string_view::npos;
}

// Undoes the kernel's escapes of blanks and backslashes in a path, such as \040.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view digits = text.substr(std::min(i + 1, text.size()), 3);
    if (text[i] == '\\' && is_octal(digits)) {
      plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + digits[2] - '0');
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Candidate {
  std::string path;
  int rank;  // smaller is better
};

// Removes repeated and trailing slashes: the form in which mountinfo writes paths.
std::string plain_path(std::string_view path) {
  std::string plain = std::filesystem::path(path).lexically_normal();
  while (plain.ends_with('/')) plain.pop_back();
  return plain;
}

bool below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

// 36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup2 source rw
std::optional<Candidate> parse_mount(std::string_view line, std::string_view host_root) {
  const auto fields = split(line, ' ');
  if (fields.size() < 6) return std::nullopt;
  const auto dash = std::find(fields.begin() + 6, fields.end(), "-");  // ends the optional fields
  if (std::distance(dash, fields.end()) < 2) return std::nullopt;
  if (*std::next(dash) != "cgroup2") return std::nullopt;
  std::string path = unescape(fields[4]);
  const bool elsewhere = !host_root.empty() && !below(path, host_root);
  const bool partial = fields[3] != "/";
  return Candidate{.path = std::move(path), .rank = (elsewhere ? 2 : 0) + (partial ? 1 : 0)};
}

// Runtimes give the cgroups of containers such names; docker.service is the daemon's.
bool is_container(std::string_view name) {
  constexpr std::array<std::string_view, 6> kMarks = {"docker", "libpod",         "kubepods",
                                                      "crio-",  "cri-containerd", "lxc"};
  return !name.ends_with(".service") &&
         std::ranges::any_of(kMarks, [name](auto mark) { return name.starts_with(mark); });
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool is_cgroup2(const std::string& path) {
  struct statfs status{};
  return statfs(path.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

std::vector<std::string> cgroup2_mounts_in(std::string_view mountinfo, std::string_view host_root) {
  const std::string host = plain_path(host_root);
  std::vector<Candidate> candidates;
  for (const auto line : split(mountinfo, '\n')) {
    if (auto candidate = parse_mount(line, host)) candidates.push_back(*std::move(candidate));
  }
  std::ranges::stable_sort(candidates, {}, &Candidate::rank);
  std::vector<std::string> paths;
  for (Candidate& candidate : candidates) paths.push_back(std::move(candidate.path));
  return paths;
}

Result<std::string> cgroup2_mount(const std::string& host_root) {
  for (std::string& path : cgroup2_mounts_in(read_file("/proc/self/mountinfo"), host_root)) {
    if (is_cgroup2(path)) return std::move(path);
  }
  return std::unexpected(
      Error{.what = "no cgroup2 is mounted",
            .hint = "mount it: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 "
                    "/sys/fs/cgroup/unified; a container needs the host's: -v "
                    "/sys/fs/cgroup:/host/sys/fs/cgroup:ro",
            .code = ENOENT,
            .failure = Failure::unsupported});
}

bool is_v1_container(std::string_view proc_cgroup) {
  bool contained = false;
  for (const auto line : split(proc_cgroup, '\n')) {  // hierarchy:controllers:path
    const auto path = line.find(":/");
    if (path == std::string_view::npos) continue;
    if (line.starts_with("0::")) {
      if (line.substr(path + 1) != "/") return false;
      continue;
    }
    for (const auto name : split(line.substr(path + 1), '/')) {
      contained |= is_container(name);
    }
  }
  return contained;
}

bool pods_in_cgroup_v1(const std::string& host_root) {
  std::error_code error;
  const bool mounted = std::filesystem::exists(host_root + "/proc/version", error);
  std::filesystem::directory_iterator processes(mounted ? host_root + "/proc" : "/proc", error);
  for (; !error && processes != std::filesystem::directory_iterator(); processes.increment(error)) {
    const std::string name = processes->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (is_v1_container(read_file(processes->path() / "cgroup"))) return true;
  }
  return false;
}

}  // namespace cgtally::cgroupfs
