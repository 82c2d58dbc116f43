// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/row.h"

#include <algorithm>

#include "core/containers/cgroup_identity.h"

namespace cgtally::lifecycle {
namespace {

// The time from the end, or from the first loss before it, to the last one.
Nanoseconds length_of(const Tail& tail) {
  return std::max(Nanoseconds{},
                  tail.last - std::min(tail.first.value_or(Nanoseconds{}), Nanoseconds{}));
}

bool late_is_loss(const Late& late) {
  return late.connections > 0 || late.resets > 0 || late.payload.value > 0;
}

}  // namespace

bool in_pod(const Row& row) {
  return !row.owner.pod.empty() || !identify_cgroup(row.account).pod_uid.empty();
}

bool lost_something(const Row& row) {
  return late_is_loss(row.late) || (row.pod && row.pod->lost());
}

std::optional<Nanoseconds> tail_of(const Row& row) {
  if (row.event != Event::ended) return std::nullopt;
  Nanoseconds length{};
  if (late_is_loss(row.late) && row.late.tail) length = length_of(*row.late.tail);
  if (row.pod && row.pod->lost() && row.pod->tail) {
    length = std::max(length, length_of(*row.pod->tail));
  }
  const bool watched = row.pod && row.pod->refusals_known;
  const bool unknown = !watched && in_pod(row) && !lost_something(row);
  return unknown ? std::nullopt : std::optional(length);
}

std::uint64_t covering_delay_s(Nanoseconds tail) {
  constexpr Nanoseconds kSecond = std::chrono::seconds{1};
  const Nanoseconds wanted = tail + std::max(kSecond, tail / 5);
  return static_cast<std::uint64_t>((wanted + kSecond - Nanoseconds{1}) / kSecond);
}

}  // namespace cgtally::lifecycle
