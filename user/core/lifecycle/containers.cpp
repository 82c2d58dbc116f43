// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/containers.h"

#include <algorithm>
#include <map>

#include "core/containers/cgroup_identity.h"

namespace cgtally::lifecycle {
namespace {

// A container that is asked to end closes its listener, and serves what it has, for so long.
constexpr Nanoseconds kEnding = std::chrono::seconds{30};
constexpr std::size_t kDeepest = 64;  // of the tree of cgroups

std::optional<Nanoseconds> earlier(std::optional<Nanoseconds> a, std::optional<Nanoseconds> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}
std::optional<Nanoseconds> later(std::optional<Nanoseconds> a, std::optional<Nanoseconds> b) {
  if (!a || !b) return a ? a : b;
  return std::max(*a, *b);
}

void add(LateTraffic& sum, const LateTraffic& other) {
  sum.packets += other.packets;
  sum.payload += other.payload;
  sum.connections += other.connections;
  sum.resets += other.resets;
  sum.first = earlier(sum.first, other.first);
  sum.last = later(sum.last, other.last);
}

// Another cgroup's counts may be read a moment earlier than this one's.
std::uint64_t rest(std::uint64_t all, std::uint64_t part) { return all - std::min(all, part); }

class Finder {
 public:
  Finder(const std::vector<CgroupLife>& lives, const LifeNameOf& name_of, Grouping by)
      : name_of_(name_of), by_(by) {
    for (const CgroupLife& life : lives) by_id_.emplace(life.cgroup_id, &life);
  }

  std::vector<ContainerLife> find() {
    for (const auto& [id, life] : by_id_) add_if_container(*life);
    for (const auto& [id, life] : by_id_) add_below(*life);
    std::vector<ContainerLife> all;
    for (auto& [id, one] : found_) all.push_back(std::move(one));
    return all;
  }

 private:
  void add_if_container(const CgroupLife& life) {
    const LifeName name = name_of_(life.cgroup_id);
    const CgroupIdentity identity = identify_cgroup(name.path);
    const bool container = !identity.container_id.empty() || !identity.machine.empty();
    const bool unit = !container && !identity.unit.empty() && by_ == Grouping::unit;
    if ((!container && !unit) || identity.cgroup != name.path) return;
    found_.emplace(
        life.cgroup_id,
        ContainerLife{.life = life, .name = name.shown, .unit = unit, .cgroups = {life.cgroup_id}});
  }

  void add_below(const CgroupLife& life) {
    if (found_.contains(life.cgroup_id)) return;
    std::uint64_t above = parent_of(life.cgroup_id);
    for (std::size_t depth = 0; above != 0 && depth < kDeepest; ++depth) {
      if (const auto owner = found_.find(above); owner != found_.end()) {
        add(owner->second.life.late, life.late);
        add(owner->second.life.late_at_end, life.late_at_end);
        owner->second.cgroups.push_back(life.cgroup_id);
        return;
      }
      above = parent_of(above);
    }
  }

  // The life of a cgroup that is older than the ledger has no parent.
  [[nodiscard]] std::uint64_t parent_of(std::uint64_t id) const {
    const auto life = by_id_.find(id);
    const bool known = life != by_id_.end() && life->second->parent_id != 0;
    return known ? life->second->parent_id : name_of_(id).parent_id;
  }

  const LifeNameOf& name_of_;
  Grouping by_;
  std::map<std::uint64_t, const CgroupLife*> by_id_;
  std::map<std::uint64_t, ContainerLife> found_;
};

}  // namespace

std::vector<ContainerLife> container_lives(const std::vector<CgroupLife>& lives,
                                           const LifeNameOf& name_of, Grouping by) {
  return Finder(lives, name_of, by).find();
}

std::optional<Nanoseconds> end_of_life(const CgroupLife& life) {
  return life.ended ? life.ended : life.removed;
}

Late late_of(const CgroupLife& life) {
  const std::optional<Nanoseconds> end = end_of_life(life);
  if (!end || !life.late.last) return {};
  Late late{.packets = life.late.packets,
            .payload = life.late.payload,
            .connections = life.late.connections,
            .resets = life.late.resets,
            .tail = Tail{.first = *life.late.first - *end, .last = *life.late.last - *end}};
  if (*late.tail->first >= -kEnding) return late;
  const LateTraffic& before = life.late_at_end;
  late.packets.value = rest(late.packets.value, before.packets.value);
  late.payload.value = rest(late.payload.value, before.payload.value);
  late.connections = rest(late.connections, before.connections);
  late.resets = rest(late.resets, before.resets);
  late.tail->first.reset();
  if (late.packets.value == 0) late.tail.reset();
  return late;
}

}  // namespace cgtally::lifecycle
