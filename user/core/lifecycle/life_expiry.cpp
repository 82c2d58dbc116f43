// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/life_expiry.h"

#include <algorithm>
#include <chrono>

namespace cgtally {
namespace {

constexpr Nanoseconds kKeptFor = std::chrono::days{1};

// The earlier of the two, because a cgroup that ended is removed later or never.
std::optional<Nanoseconds> over_since(const CgroupLife& life) {
  if (life.ended && life.removed) return std::min(*life.ended, *life.removed);
  return life.ended ? life.ended : life.removed;
}

}  // namespace

std::vector<std::uint64_t> lives_to_forget(
    std::vector<CgroupLife> lives, const std::function<bool(std::uint64_t cgroup_id)>& has_account,
    Nanoseconds now, std::size_t room) {
  const std::size_t most = room - room / 4;
  std::vector<std::uint64_t> due;
  if (lives.size() <= most) return due;
  const auto left = [&] { return lives.size() - due.size(); };
  // Those that are over first, the oldest first; then the others by their begin.
  std::ranges::sort(lives, {}, [](const CgroupLife& life) {
    const auto over = over_since(life);
    return std::pair(!over, over ? *over : life.begun.value_or(Nanoseconds{}));
  });
  bool short_of_room = false;
  for (const CgroupLife& life : lives) {
    const auto over = over_since(life);
    if (over && now - *over > kKeptFor) {
      due.push_back(life.cgroup_id);
      continue;
    }
    short_of_room |= left() > most;
    const bool goes =
        over ? short_of_room && left() > room / 2 : left() > most && !has_account(life.cgroup_id);
    if (goes) due.push_back(life.cgroup_id);
  }
  return due;
}

}  // namespace cgtally
