// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/cgroup_registry.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <unordered_set>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/base/map_batches.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr const char* kListing = "list the cgroups that are remembered";
constexpr std::uint64_t kRootId = 1;
constexpr int kMaxDepth = 1024;  // deeper than PATH_MAX allows in practice; ends a cycle of parents

std::optional<cgt_cgroup_name> look_up(int names_fd, std::uint64_t id) {
  cgt_cgroup_name name;
  if (bpf_map_lookup_elem(names_fd, &id, &name) != 0) return std::nullopt;
  return name;
}

RemovedCgroup removed_cgroup_from(std::uint64_t id, const cgt_removed_cgroup& raw) {
  return {.cgroup_id = id,
          .removed = time_in(raw.removed_ns),
          .released = time_unless_zero(raw.released_ns)};
}

}  // namespace

CgroupTrail CgroupRegistry::trail_of(std::uint64_t id) const {
  CgroupTrail trail{.ancestor = id, .below = {}};
  for (int depth = 0; depth < kMaxDepth && trail.ancestor != kRootId; ++depth) {
    const auto name = look_up(names_fd_, trail.ancestor);
    if (!name) break;
    if (name->parent_id == 0) {
      trail.ancestor = kRootId;
      break;
    }
    trail.below.insert(0, "/" + std::string(name->name, strnlen(name->name, sizeof(name->name))));
    trail.ancestor = name->parent_id;
  }
  return trail;
}

std::optional<std::string> CgroupRegistry::name_of(std::uint64_t id, const Known& known) const {
  const CgroupTrail trail = trail_of(id);
  if (trail.ancestor == kRootId) return trail.below.empty() ? "/" : trail.below;
  const std::string* above = known ? known(trail.ancestor) : nullptr;
  if (above == nullptr) return std::nullopt;
  return *above == "/" && !trail.below.empty() ? trail.below : *above + trail.below;
}

Result<std::vector<RemovedCgroup>> CgroupRegistry::removed_cgroups() const {
  std::vector<RemovedCgroup> all;
  const auto walked = for_each_batch<cgt_removed_cgroup>(
      removed_fd_, kListing,
      [&](std::span<const std::uint64_t> ids, std::span<const cgt_removed_cgroup> raw) {
        for (std::size_t i = 0; i < ids.size(); ++i)
          all.push_back(removed_cgroup_from(ids[i], raw[i]));
      });
  if (!walked) return std::unexpected(walked.error());
  return all;
}

Result<std::size_t> CgroupRegistry::name_count() const {
  std::size_t count = 0;
  const auto walked = for_each_batch<cgt_cgroup_name>(
      names_fd_, kListing,
      [&](std::span<const std::uint64_t> ids, std::span<const cgt_cgroup_name>) {
        count += ids.size();
      });
  if (!walked) return std::unexpected(walked.error());
  return count;
}

std::optional<std::uint64_t> CgroupRegistry::parent_of(std::uint64_t id) const {
  const auto name = look_up(names_fd_, id);
  return name ? std::optional(name->parent_id) : std::nullopt;
}

std::optional<RemovedCgroup> CgroupRegistry::removal_of(std::uint64_t id) const {
  cgt_removed_cgroup raw;
  if (bpf_map_lookup_elem(removed_fd_, &id, &raw) != 0) return std::nullopt;
  return removed_cgroup_from(id, raw);
}

Result<void> CgroupRegistry::remember(std::uint64_t id, std::uint64_t parent,
                                      const std::string& name) const {
  cgt_cgroup_name value{};
  value.parent_id = parent;
  name.copy(value.name, sizeof(value.name) - 1);
  const int code = bpf_map_update_elem(names_fd_, &id, &value, BPF_NOEXIST);
  if (code == 0 || code == -EEXIST) return {};
  return std::unexpected(sys::error_from(-code, "remember the name of a cgroup"));
}

Result<bool> CgroupRegistry::note_removals(const std::function<bool(std::uint64_t id)>& lives,
                                           Nanoseconds before) const {
  const cgt_removed_cgroup removed{.removed_ns = static_cast<std::uint64_t>(before.count()),
                                   .released_ns = 0};
  bool fitted = true;
  const auto read = for_each_batch<cgt_cgroup_name>(
      names_fd_, kListing,
      [&](std::span<const std::uint64_t> ids, std::span<const cgt_cgroup_name> names) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
          const bool is_older = names[i].made_ns < removed.removed_ns;
          if (ids[i] == kRootId || !is_older || lives(ids[i])) continue;
          const int code = bpf_map_update_elem(removed_fd_, &ids[i], &removed, BPF_NOEXIST);
          if (code != 0 && code != -EEXIST) fitted = false;
        }
      });
  if (!read) return std::unexpected(read.error());
  return fitted;
}

// The removal last: if this process is killed in between, the next one finds the removal again.
void CgroupRegistry::forget(std::uint64_t id) const {
  bpf_map_delete_elem(names_fd_, &id);
  bpf_map_delete_elem(removed_fd_, &id);
}

Result<std::size_t> CgroupRegistry::forget_removed(
    const std::function<bool(const RemovedCgroup&)>& wanted) const {
  const auto removed = removed_cgroups();
  if (!removed) return std::unexpected(removed.error());
  std::vector<bool> keep(removed->size());
  std::unordered_set<std::uint64_t> above;
  for (std::size_t i = 0; i < removed->size(); ++i) {
    keep[i] = wanted((*removed)[i]);
    if (!keep[i]) continue;
    auto name = look_up(names_fd_, (*removed)[i].cgroup_id);
    while (name && above.insert(name->parent_id).second) name = look_up(names_fd_, name->parent_id);
  }
  std::size_t forgotten = 0;
  for (std::size_t i = 0; i < removed->size(); ++i) {
    if (keep[i] || above.contains((*removed)[i].cgroup_id)) continue;
    forget((*removed)[i].cgroup_id);
    ++forgotten;
  }
  return forgotten;
}

}  // namespace cgtally::bpf
