// SPDX-License-Identifier: Apache-2.0
// The paths of cgroups by their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/traffic/account.h"

namespace cgtally::cgroupfs {

// Knows the path of each cgroup, from walks of the tree and from events. A removed cgroup keeps its
// path for its last rows: the 65 536 that were removed or asked for last are remembered. Used by
// samplers, through CgroupNames. Does not watch the tree by itself.
class Names {
 public:
  static constexpr std::size_t kMaxRemoved = 65'536;

  Names();
  Names(Names&&) = default;  // no copies: an entry refers to its position in the list
  Names& operator=(Names&&) = default;

  // Walks the tree at `mount`, and skips directories that vanish meanwhile. Cgroups that were alive
  // and are not in the tree count as removed, so that a second walk makes up for lost events.
  // Subscribe to events before the first walk, and feed them after it.
  void seed(const std::string& mount);
  void made(std::uint64_t id, std::string path);
  // The same by its own name and its parent, which must be known.
  void made_below(std::uint64_t id, std::uint64_t parent, std::string_view name);
  void removed(std::uint64_t id);
  // A path that another process knew. Does not change a path that is known already.
  void learn(std::uint64_t id, std::string path, bool ended);

  // What is known of a cgroup.
  struct Cgroup {
    AccountName shown;  // its path as it is shown everywhere: escaped; "#<id>" if not known
    // For who finds out whose it is, and says so in `shown`: boot time from which on there may be
    // another answer.
    Nanoseconds ask_again{};
    SharedText path;     // raw; what stands for it, if it is not known
    bool known = false;  // the path
  };
  // Null if nothing is known. Valid until names change.
  [[nodiscard]] Cgroup* find(std::uint64_t id);
  // What is shown for it.
  [[nodiscard]] AccountName name_of(std::uint64_t id) const;
  // The raw path, for the paths of its children; null if it is not known. Valid until names change.
  [[nodiscard]] const std::string* path_of(std::uint64_t id) const;
  // All living cgroups but the root: id, parent's id and last component of the path.
  using Child =
      std::function<void(std::uint64_t id, std::uint64_t parent, const std::string& name)>;
  void for_each_child(const Child& on_child) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  using Removed = std::list<std::uint64_t>;  // least recently asked for first
  struct Entry {
    Cgroup cgroup;
    Removed::iterator position{};  // in removed_, if ended
    std::uint64_t seen = 0;        // the walk that saw it last
  };

  using Found = std::vector<std::pair<std::uint64_t, std::string>>;  // ids and paths
  static bool walk(int root, Found& found);
  void see(std::uint64_t id, std::string path);
  static void set_path(Cgroup& cgroup, std::string path);
  void mark_removed(std::uint64_t id, Entry& entry);
  void keep(const Entry& entry) const;

  std::unordered_map<std::uint64_t, Entry> entries_;
  mutable Removed removed_;
  std::uint64_t walks_ = 0;
};

}  // namespace cgtally::cgroupfs
