// SPDX-License-Identifier: Apache-2.0
// On a 64-bit kernel a cgroup's id is the inode number of its directory. A directory's link count
// is the number of its subdirectories plus two, so that the walk need not open leaves, which are
// the majority.
#include "adapters/cgroupfs/names.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <utility>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/text.h"

namespace cgtally::cgroupfs {
namespace {

constexpr std::uint64_t kRootId = 1;

struct Close {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, Close>;

// One call takes no more than PATH_MAX; a cgroup may lie deeper.
Directory open_below(int root, const std::string& path) {
  constexpr int kFlags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  std::string relative = path.empty() ? "." : path.substr(1);
  sys::Fd above;
  const auto from = [&] { return above ? above.get() : root; };
  while (relative.size() >= PATH_MAX) {
    const std::size_t slash = relative.rfind('/', PATH_MAX - 1);
    if (slash == std::string::npos) return nullptr;
    sys::Fd next(openat(from(), relative.substr(0, slash).c_str(), O_PATH | kFlags));
    if (!next) return nullptr;
    above = std::move(next);
    relative.erase(0, slash + 1);
  }
  sys::Fd fd(openat(from(), relative.c_str(), O_RDONLY | kFlags));
  if (!fd) return nullptr;
  Directory directory(fdopendir(fd.get()));
  if (directory) (void)fd.release();
  return directory;
}

std::string unknown(std::uint64_t id) { return fmt::format("#{}", id); }

bool vanished(int code) { return code == ENOENT || code == ENODEV; }

bool is_child(const dirent& entry) {
  const std::string_view name = entry.d_name;
  return entry.d_type == DT_DIR && name != "." && name != "..";
}

}  // namespace

Names::Names() { see(kRootId, "/"); }

void Names::seed(const std::string& mount) {
  const sys::Fd root(::open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status{};
  if (!root || fstat(root.get(), &status) != 0) return;
  ++walks_;
  see(kRootId, "/");
  see(status.st_ino, "/");  // not kRootId if the mount shows a part of the hierarchy
  Found found;
  const bool whole = walk(root.get(), found);
  // In the order in which readings ask for them: what is asked for next lies next in memory.
  std::ranges::sort(found);
  for (auto& [id, path] : found) see(id, std::move(path));
  if (!whole) return;
  for (auto& [id, entry] : entries_) {
    if (!entry.cgroup.shown.ended && entry.seen != walks_) mark_removed(id, entry);
  }
}

// False: some directory could not be read, so that a cgroup that was not seen may still exist.
bool Names::walk(int root, Found& found) {
  bool whole = true;
  std::vector<std::string> parents = {""};  // a list, so that one directory is open at a time
  while (!parents.empty()) {
    const std::string parent = std::exchange(parents.back(), {});
    parents.pop_back();
    const Directory directory = open_below(root, parent);
    if (!directory) {
      whole &= vanished(errno);
      continue;
    }
    while (const dirent* entry = readdir(directory.get())) {
      struct stat status{};
      if (!is_child(*entry)) continue;
      if (fstatat(dirfd(directory.get()), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        whole &= vanished(errno);
        continue;
      }
      std::string path = parent + "/" + entry->d_name;
      if (status.st_nlink != 2) parents.push_back(path);
      found.emplace_back(status.st_ino, std::move(path));
    }
  }
  return whole;
}

void Names::see(std::uint64_t id, std::string path) {
  Entry& entry = entries_[id];
  entry.seen = walks_;
  if (entry.cgroup.path != path) set_path(entry.cgroup, std::move(path));
  entry.cgroup.known = true;
}

// Escaped here, once for all rows that have the name.
void Names::set_path(Cgroup& cgroup, std::string path) {
  std::string shown = escape_name(path);
  const bool as_it_is = shown == path;
  cgroup.shown.path = std::move(shown);
  cgroup.path = as_it_is ? cgroup.shown.path : SharedText(std::move(path));
  cgroup.ask_again = {};
}

void Names::made(std::uint64_t id, std::string path) { see(id, std::move(path)); }

void Names::made_below(std::uint64_t id, std::uint64_t parent, std::string_view name) {
  const std::string* above = path_of(parent);
  if (above != nullptr) see(id, fmt::format("{}/{}", *above == "/" ? "" : *above, name));
}

void Names::removed(std::uint64_t id) {
  const auto [place, fresh] = entries_.try_emplace(id);
  Entry& entry = place->second;
  if (fresh) set_path(entry.cgroup, unknown(id));
  if (!entry.cgroup.shown.ended) mark_removed(id, entry);
}

void Names::learn(std::uint64_t id, std::string path, bool ended) {
  Entry& entry = entries_[id];
  if (!entry.cgroup.known) {
    set_path(entry.cgroup, std::move(path));
    entry.cgroup.known = true;
  }
  if (ended && !entry.cgroup.shown.ended) mark_removed(id, entry);
}

void Names::mark_removed(std::uint64_t id, Entry& entry) {
  entry.cgroup.shown.ended = true;
  entry.position = removed_.insert(removed_.end(), id);
  if (removed_.size() <= kMaxRemoved) return;
  entries_.erase(removed_.front());
  removed_.pop_front();
}

void Names::keep(const Entry& entry) const {
  if (entry.cgroup.shown.ended) removed_.splice(removed_.end(), removed_, entry.position);
}

Names::Cgroup* Names::find(std::uint64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return nullptr;
  keep(found->second);
  return &found->second.cgroup;
}

AccountName Names::name_of(std::uint64_t id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return AccountName{.path = unknown(id)};
  keep(found->second);
  return found->second.cgroup.shown;
}

const std::string* Names::path_of(std::uint64_t id) const {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.cgroup.known) return nullptr;
  return &found->second.cgroup.path.str();
}

void Names::for_each_child(const Child& on_child) const {
  std::unordered_map<std::string_view, std::uint64_t> ids;
  for (const auto& [id, entry] : entries_) {
    if (!entry.cgroup.shown.ended) ids.emplace(entry.cgroup.path, id);
  }
  for (const auto& [id, entry] : entries_) {
    const std::string& path = entry.cgroup.path;
    const auto slash = path.rfind('/');
    if (entry.cgroup.shown.ended || slash == std::string::npos || path.size() == 1) continue;
    const auto parent = ids.find(std::string_view(path).substr(0, std::max<std::size_t>(slash, 1)));
    if (parent != ids.end()) on_child(id, parent->second, path.substr(slash + 1));
  }
}

}  // namespace cgtally::cgroupfs
