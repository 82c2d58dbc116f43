// SPDX-License-Identifier: Apache-2.0
// A runtime's process changes its namespace and cgroup in its first moments, so that young ones are
// asked again. What changes later (a process id that another process got, a shell that enters a
// namespace) is found by the pass over all.
#include "adapters/netns/process_census.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/sys/fd.h"

namespace cgtally::netns {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kYoung = 2s;
constexpr std::size_t kMostText = 16'384;  // of /proc/PID/cgroup: 13 hierarchies and a long path

std::optional<int> process_id(std::string_view name) {
  int pid = 0;
  const auto [stop, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (code != std::errc{} || stop != name.data() + name.size()) return std::nullopt;
  return pid;
}

// The path in the unified hierarchy, after "0::"; empty if it cannot be read.
std::string unified_cgroup(const std::string& path) {
  const sys::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  std::string text(kMostText, '\0');
  // The kernel gives all of it at once, if there is room.
  const ssize_t bytes = ::read(file.get(), text.data(), text.size());
  if (bytes <= 0) return {};
  text.resize(static_cast<std::size_t>(bytes));
  const std::size_t line = text.starts_with("0::") ? 0 : text.find("\n0::") + 1;
  if (line == 0 && !text.starts_with("0::")) return {};
  const std::size_t begin = line + 3;
  std::string cgroup = text.substr(begin, text.find('\n', begin) - begin);
  // Of a cgroup that was removed under its last process.
  constexpr std::string_view kDeleted = " (deleted)";
  if (cgroup.ends_with(kDeleted)) cgroup.resize(cgroup.size() - kDeleted.size());
  return cgroup;
}

}  // namespace

ProcessCensus::ProcessCensus(const std::string& host_root) {
  std::error_code ignored;
  const std::string host_proc = host_root + "/proc";
  proc_ = std::filesystem::exists(host_proc + "/version", ignored) ? host_proc : "/proc";
}

ProcessCensus::~ProcessCensus() {
  if (directory_) ::closedir(static_cast<DIR*>(directory_));
}

void ProcessCensus::begin(bool all, Nanoseconds now, std::set<std::uint64_t> uninteresting) {
  if (directory_) ::closedir(static_cast<DIR*>(directory_));
  directory_ = ::opendir(proc_.c_str());
  ++pass_;
  now_ = now;
  all_ = all;
  whole_so_far_ = true;
  uninteresting_ = std::move(uninteresting);
  changed_.clear();
}

bool ProcessCensus::step(std::size_t most) {
  if (!directory_) return true;
  for (std::size_t count = 0; count < most;) {
    const dirent* entry = ::readdir(static_cast<DIR*>(directory_));
    if (!entry) {
      end();
      return true;
    }
    if (const auto pid = process_id(entry->d_name)) {
      look_at(*pid);
      ++count;
    }
  }
  return false;
}

void ProcessCensus::end() {
  ::closedir(static_cast<DIR*>(std::exchange(directory_, nullptr)));
  std::erase_if(processes_, [this](const auto& item) {
    if (item.second.pass == pass_) return false;
    changed_.insert(item.second.netns);
    return true;
  });
  whole_ = whole_so_far_;
}

void ProcessCensus::look_at(int pid) {
  if (processes_.size() >= kMostProcesses && !processes_.contains(pid)) {
    whole_so_far_ = false;
    return;
  }
  const auto [at, is_new] = processes_.try_emplace(pid);
  Process& process = at->second;
  process.pass = pass_;
  if (is_new) process.first_seen = now_;
  const bool young = now_ - process.first_seen < kYoung;
  if (!is_new && !all_ && !young) return;
  const std::uint64_t netns = std::exchange(process.netns, 0);
  const std::string cgroup = std::exchange(process.cgroup, {});
  struct stat status{};
  if (::stat(fmt::format("{}/{}/ns/net", proc_, pid).c_str(), &status) == 0) {
    process.netns = status.st_ino;
    if (!uninteresting_.contains(process.netns)) {
      process.cgroup = unified_cgroup(fmt::format("{}/{}/cgroup", proc_, pid));
    }
  } else {  // it has ended, or we may not look
    whole_so_far_ = whole_so_far_ && errno != EACCES && errno != EPERM;
  }
  if (process.netns == netns && process.cgroup == cgroup) return;
  changed_.insert({netns, process.netns});
}

void ProcessCensus::add(int pid, const Process& process, Namespaces& found) const {
  Namespace& one = found[process.netns];
  if (one.path.empty()) one.path = fmt::format("{}/{}/ns/net", proc_, pid);
  if (process.cgroup.empty()) return;
  const auto known = std::ranges::find(one.cgroups, process.cgroup);
  if (known == one.cgroups.end()) {
    one.cgroups.push_back(process.cgroup);
    one.pids.push_back(pid);
    return;
  }
  int& lowest = one.pids.at(static_cast<std::size_t>(known - one.cgroups.begin()));
  lowest = std::min(lowest, pid);
}

std::string ProcessCensus::directory_of(int pid) const { return fmt::format("{}/{}", proc_, pid); }

ProcessCensus::Namespaces ProcessCensus::namespaces() const {
  Namespaces found;
  for (const auto& [pid, process] : processes_) {
    if (process.netns != 0 && !uninteresting_.contains(process.netns)) add(pid, process, found);
  }
  return found;
}

ProcessCensus::Namespaces ProcessCensus::changed_namespaces() const {
  Namespaces found;
  for (const std::uint64_t inode : changed_) {
    if (inode != 0 && !uninteresting_.contains(inode)) found[inode];
  }
  if (found.empty()) return found;
  for (const auto& [pid, process] : processes_) {
    if (found.contains(process.netns)) add(pid, process, found);
  }
  return found;
}

}  // namespace cgtally::netns
