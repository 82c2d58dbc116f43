// SPDX-License-Identifier: Apache-2.0
#include "adapters/netns/census.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <unordered_set>
#include <utility>

#include "adapters/netns/netns.h"
#include "adapters/sys/directory.h"

namespace cgtally::netns {
namespace {

// Collects up to `most` namespaces, each once, for list_netns().
class Finder {
 public:
  explicit Finder(std::size_t most) : most_(most) {}

  void add(const std::string& path, std::string label) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) {
      census_.denied = census_.denied || errno == EACCES || errno == EPERM;
      return;
    }
    if (seen_.contains(status.st_ino)) return;
    if (census_.namespaces.size() >= most_) {
      census_.all = false;
      return;
    }
    seen_.insert(status.st_ino);
    census_.namespaces.push_back({.inode = status.st_ino, .path = path, .label = std::move(label)});
  }

  Census census() && { return std::move(census_); }

 private:
  std::size_t most_;
  std::unordered_set<std::uint64_t> seen_;
  Census census_;
};

bool is_process(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Census list_netns(const std::string& host_root, std::size_t most) {
  Finder finder(most);
  finder.add("/proc/thread-self/ns/net", "");
  for (const auto& name : sys::entries_of(host_root + "/run/netns")) {
    if (is_netns(name)) finder.add(name, name.filename());
  }
  std::error_code ignored;
  const std::string host_proc = host_root + "/proc";
  const bool mounted = std::filesystem::exists(host_proc + "/version", ignored);
  const std::string proc = mounted ? host_proc : "/proc";
  std::filesystem::directory_iterator entry(proc, ignored);
  for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    if (is_process(entry->path().filename())) {
      finder.add(fmt::format("{}/ns/net", entry->path().string()), entry->path().filename());
    }
  }
  return std::move(finder).census();
}

}  // namespace cgtally::netns
