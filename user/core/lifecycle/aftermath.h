// SPDX-License-Identifier: Apache-2.0
// The aftermath of a container's end in its pod: the traffic that its siblings, the other
// containers in its network namespace, still had, and the connections that were refused in there,
// on a loopback device where no interface of the host sees them.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/enum_names.h"
#include "core/base/units.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// Of all but `watching` the observation has ended.
enum class AftermathState : std::uint8_t {
  watching,
  quiet,     // nothing came and nothing was refused for some seconds
  replaced,  // another container began there, and nothing is refused
  pod_gone,  // no process is left in the netns
  limit,     // it still went on when the observation had its full length
  cut,       // the observer ended first: what came later is not known
};
inline constexpr EnumNames<AftermathState::cut> kAftermathStateNames{
    "watching", "quiet", "replaced", "pod gone", "still going on", "cut"};

// Connections that a port of a netns refused to one caller there. The counts go on, whichever
// container ends.
struct PortRefusals {
  std::uint64_t netns = 0;      // its inode
  std::uint16_t port = 0;       // that refused
  std::uint64_t caller_id = 0;  // cgroup of the socket that asked
  std::uint64_t count = 0;
  bool operator==(const PortRefusals&) const = default;
};

// All times but `ended` are after the end. The observer looks every 20 ms, so that the time of a
// refusal is right within `resolution`: that of the look at which it was seen.
struct Aftermath {
  Nanoseconds ended{};      // CLOCK_BOOTTIME
  std::uint64_t netns = 0;  // its inode
  AftermathState state = AftermathState::watching;
  std::uint32_t siblings = 0;  // containers that lived on
  Nanoseconds base_before{};   // the netns' counters were read last so long before the end
  Nanoseconds looked{};        // first look
  Nanoseconds watched{};       // last look
  Nanoseconds resolution{};    // the longest time between two looks in which one was refused

  // What the siblings had from the first look on.
  Traffic traffic = {};
  std::optional<Nanoseconds> first_traffic = {};  // received, by the looks
  std::optional<Nanoseconds> last_traffic = {};

  // Of the netns' TCP, from the base.
  bool counters_known = true;  // false: what follows could not be read
  bool base_known = true;      // false: what happened before the first look is not known
  std::uint64_t refused = 0;   // AttemptFails: connections that were asked for in vain
  std::uint64_t resets = 0;    // OutRsts
  std::uint64_t aborted = 0;   // EstabResets: established connections that were reset
  std::uint64_t refused_by_first_look = 0;  // of `refused`; of the time only base_before is known
  std::optional<Nanoseconds> first_refused = {};
  std::optional<Nanoseconds> last_refused = {};
  // In the unbroken run of refusals up to the base, which is no part of `refused`.
  std::uint64_t refused_before = 0;
  Nanoseconds refused_before_since{};  // how long before the end that run began
  // Where programs at the netns' `lo` tell (--lo): of `refused` what the port refused that refused
  // most, and to whom. Counts and port are 0 where it is not known.
  PortRefusals named = {};

  bool operator==(const Aftermath&) const = default;
};

}  // namespace cgtally
