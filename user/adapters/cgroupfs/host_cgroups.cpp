// SPDX-License-Identifier: Apache-2.0
// A container has a cgroup namespace of its own, whose root is its own cgroup. That cgroup's path
// on the host is found by its inode in the host's mount of the hierarchy.
#include "adapters/cgroupfs/host_cgroups.h"

#include <dirent.h>
#include <sys/stat.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/cgroupfs/mount.h"

namespace cgtally::cgroupfs {
namespace {

constexpr std::uint64_t kHierarchyRoot = 1;
constexpr std::size_t kMostDirectories = 65'536;

std::uint64_t inode_of(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// The path below `mount` of the directory with that inode; empty if there is none.
std::string path_of_inode(const std::string& mount, std::uint64_t inode) {
  std::vector<std::string> level = {""};
  for (std::size_t seen = 0; !level.empty() && seen < kMostDirectories;) {
    const std::string parent = std::move(level.back());
    level.pop_back();
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir((mount + parent).c_str()));
    while (const dirent* entry = directory ? ::readdir(directory.get()) : nullptr) {
      const std::string_view name = entry->d_name;
      if (entry->d_type != DT_DIR || name == "." || name == "..") continue;
      std::string path = parent + "/" + entry->d_name;
      if (entry->d_ino == inode) return path;
      level.push_back(std::move(path));
      ++seen;
    }
  }
  return {};
}

// The root of this process's cgroup namespace, as the host's mount has it.
std::string own_root(const std::string& mount) {
  const auto own = cgroup2_mount("");
  const std::uint64_t inode = own ? inode_of(*own) : 0;
  if (inode == 0 || inode == kHierarchyRoot || inode == inode_of(mount)) return {};
  return path_of_inode(mount, inode);
}

}  // namespace

std::string absolute_cgroup(std::string_view from_proc, std::string_view own) {
  if (!from_proc.starts_with('/')) return {};
  while (from_proc == "/.." || from_proc.starts_with("/../")) {
    if (own.empty()) return {};
    from_proc.remove_prefix(3);
    own = own.substr(0, own.rfind('/'));
  }
  if (own.empty()) return std::string(from_proc.empty() ? "/" : from_proc);
  return std::string(own) + std::string(from_proc == "/" ? "" : from_proc);
}

Result<HostCgroups> HostCgroups::find(const std::string& host_root) {
  auto mount = cgroup2_mount(host_root);
  if (!mount) return std::unexpected(std::move(mount).error());
  std::string own = own_root(*mount);
  return HostCgroups(*std::move(mount), std::move(own));
}

std::string HostCgroups::absolute(std::string_view from_proc) const {
  return absolute_cgroup(from_proc, own_);
}

std::uint64_t HostCgroups::id_of(const std::string& path) const {
  return path.empty() ? 0 : inode_of(path == "/" ? mount_ : mount_ + path);
}

}  // namespace cgtally::cgroupfs
