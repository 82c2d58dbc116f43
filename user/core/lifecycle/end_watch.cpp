// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/end_watch.h"

#include <algorithm>
#include <utility>

namespace cgtally::lifecycle {
namespace {

Happening end_of(ContainerLife one, Extent extent) {
  const Nanoseconds at = end_of_life(one.life).value_or(Nanoseconds{});
  return {.event = Event::ended, .at = at, .container = std::move(one), .extent = extent};
}

void sort_by_time(std::vector<Happening>& happenings) {
  std::ranges::stable_sort(happenings, {}, [](const Happening& one) { return one.at; });
}

}  // namespace

// A new life in the same cgroup ends the wait for what came after the last one.
void EndWatch::see(const ContainerLife& one, std::vector<Happening>& happenings) {
  const std::uint64_t id = one.life.cgroup_id;
  Told& told = told_[id];
  told.round = round_;
  const auto pending = pending_.find(id);
  if (pending != pending_.end() && pending->second.life.begun != one.life.begun) {
    happenings.push_back(end_of(std::move(pending->second), Extent::complete));
    pending_.erase(pending);
  }
  if (one.life.begun && one.life.begun != told.begun) {
    told.begun = one.life.begun;
    happenings.push_back({.event = Event::begun,
                          .at = *one.life.begun,
                          .container = one,
                          .extent = Extent::complete});
  }
  const auto over = end_of_life(one.life);
  if (!over || (told.ended && *over <= *told.ended)) return;
  pending_[id] = one;
}

std::optional<Extent> EndWatch::extent_of(const ContainerLife& one, PodWatch pod, Nanoseconds now) {
  const Nanoseconds end = *end_of_life(one.life);
  const auto& late = one.life.late.last;
  const bool silent =
      late && *late >= end ? now - *late >= kSilentAgain : now - end >= kSilentAtAll;
  if (silent && pod != PodWatch::going_on) return Extent::complete;
  return now - end >= kLongest ? std::optional(Extent::so_far) : std::nullopt;
}

std::vector<Happening> EndWatch::update(const std::vector<ContainerLife>& lives,
                                        const PodOf& pod_of, Nanoseconds now) {
  ++round_;
  std::vector<Happening> happenings;
  for (const ContainerLife& one : lives) see(one, happenings);
  for (auto entry = pending_.begin(); entry != pending_.end();) {
    const auto& [id, one] = *entry;
    const auto extent = extent_of(one, pod_of(id), now);
    if (!extent) {
      ++entry;
      continue;
    }
    told_[id].ended = end_of_life(one.life);
    happenings.push_back(end_of(one, *extent));
    entry = pending_.erase(entry);
  }
  // What the ledger has forgotten needs not be remembered.
  std::erase_if(told_, [this](const auto& entry) {
    return entry.second.round != round_ && !pending_.contains(entry.first);
  });
  sort_by_time(happenings);
  return happenings;
}

std::vector<Happening> EndWatch::finish() {
  std::vector<Happening> happenings;
  for (auto& [id, one] : std::exchange(pending_, {})) {
    happenings.push_back(end_of(one, Extent::so_far));
  }
  sort_by_time(happenings);
  return happenings;
}

}  // namespace cgtally::lifecycle
