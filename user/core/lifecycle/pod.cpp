// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/pod.h"

#include <algorithm>
#include <utility>

namespace cgtally::lifecycle {
namespace {

// A container's own cgroup empties a moment after the one below it in which its processes are.
constexpr Nanoseconds kOneEnd = std::chrono::seconds{1};
// A server that drains refuses for so long before its end; what was refused earlier has another
// cause.
constexpr Nanoseconds kDraining = std::chrono::seconds{30};

std::optional<Tail> tail_of_refusals(const Aftermath& aftermath, bool before) {
  if (aftermath.refused == 0 && !before) return std::nullopt;
  Tail tail{.first = aftermath.first_refused, .last = {}};
  if (aftermath.refused_by_first_look > 0) tail.first.reset();
  if (before) tail.first = -aftermath.refused_before_since;
  if (aftermath.refused > 0) tail.last = aftermath.last_refused.value_or(aftermath.looked);
  return tail;
}

}  // namespace

bool is_of_end(const Aftermath& aftermath, Nanoseconds end) {
  const Nanoseconds apart = aftermath.ended - end;
  return std::max(apart, -apart) <= kOneEnd;
}

PodWatch watch_of(const std::optional<Aftermath>& aftermath, Nanoseconds end) {
  if (!aftermath || !is_of_end(*aftermath, end)) return PodWatch::none;
  return aftermath->state == AftermathState::watching ? PodWatch::going_on : PodWatch::over;
}

InsidePod inside_pod(const Aftermath& aftermath, std::string names) {
  const bool before = aftermath.refused_before > 0 && aftermath.refused_before_since <= kDraining;
  InsidePod pod;
  pod.refusals_known = aftermath.counters_known;
  pod.refused = aftermath.refused;
  pod.refused_before = before ? aftermath.refused_before : 0;
  pod.resets = aftermath.resets;
  pod.tail = tail_of_refusals(aftermath, before);
  pod.siblings = aftermath.siblings;
  pod.names = std::move(names);
  pod.traffic = aftermath.traffic;
  pod.state = kAftermathStateNames[aftermath.state];
  const bool over =
      aftermath.state == AftermathState::quiet || aftermath.state == AftermathState::pod_gone;
  if (over) {
    const Nanoseconds refused = pod.tail ? pod.tail->last : Nanoseconds{};
    pod.quiet = std::max(aftermath.last_traffic.value_or(Nanoseconds{}), refused);
  }
  return pod;
}

}  // namespace cgtally::lifecycle
