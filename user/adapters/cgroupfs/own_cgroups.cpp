// SPDX-License-Identifier: Apache-2.0
// The kernel frees a lock when its process dies, in whatever pid namespace that was: a directory
// whose lock can be taken belongs to nobody any more.
#include "adapters/cgroupfs/own_cgroups.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "adapters/sys/directory.h"
#include "adapters/sys/error.h"

namespace cgtally::cgroupfs {
namespace {

namespace fs = std::filesystem;

// After waitpid() a process may still be leaving its cgroup.
bool remove_cgroup(const std::string& directory) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    if (::rmdir(directory.c_str()) == 0 || errno == ENOENT) return true;
    if (errno != EBUSY) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool remove_tree(const std::string& directory) {
  std::error_code ignored;
  for (const auto& entry : sys::entries_of(directory)) {
    if (fs::is_directory(fs::symlink_status(entry, ignored))) (void)remove_cgroup(entry);
  }
  return remove_cgroup(directory);
}

sys::Fd lock(const std::string& directory) {
  sys::Fd opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (opened && ::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) return {};
  return opened;
}

int remove_leftovers(const std::string& mount, const std::string& prefix) {
  int removed = 0;
  std::vector<std::string> found;
  for (const auto& entry : sys::entries_of(mount)) {
    if (entry.filename().string().starts_with(prefix)) found.push_back(entry);
  }
  for (const std::string& directory : found) {
    const sys::Fd nobodys = lock(directory);
    if (nobodys && remove_tree(directory)) ++removed;
  }
  return removed;
}

}  // namespace

Result<OwnCgroups> OwnCgroups::make(const std::string& mount, const std::string& prefix) {
  const int removed = remove_leftovers(mount, prefix);
  // Another container may have a process of the same id.
  for (int attempt = 0; attempt < 100; ++attempt) {
    const auto directory = fmt::format("{}/{}{}{}", mount, prefix, ::getpid(),
                                       attempt == 0 ? "" : fmt::format("-{}", attempt));
    if (::mkdir(directory.c_str(), 0700) != 0) {
      if (errno == EEXIST) continue;
      return std::unexpected(
          sys::error_from(errno, fmt::format("make the cgroup {}", directory),
                          "the cgroup file system must be writable (a container: --privileged)"));
    }
    sys::Fd held = lock(directory);
    if (held) return OwnCgroups(directory, std::move(held), removed);
    (void)::rmdir(directory.c_str());
  }
  return std::unexpected(
      Error{.what = fmt::format("no name is free for a cgroup in {}", mount), .hint = {}});
}

OwnCgroups::OwnCgroups(OwnCgroups&& other) noexcept
    : directory_(std::move(other.directory_)),
      lock_(std::move(other.lock_)),
      removed_(other.removed_) {
  other.directory_.clear();
}

OwnCgroups::~OwnCgroups() {
  if (!directory_.empty()) (void)remove_tree(directory_);
}

Result<OwnCgroup> OwnCgroups::add(const std::string& name) {
  OwnCgroup made{.directory = fmt::format("{}/{}", directory_, name)};
  struct stat status{};
  if (::mkdir(made.directory.c_str(), 0700) != 0 || ::stat(made.directory.c_str(), &status) != 0) {
    return std::unexpected(
        sys::error_from(errno, fmt::format("make the cgroup {}", made.directory)));
  }
  made.id = status.st_ino;
  return made;
}

}  // namespace cgtally::cgroupfs
