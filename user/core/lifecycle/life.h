// SPDX-License-Identifier: Apache-2.0
// The life of a cgroup as the kernel keeps it in the ledger: when its first process came, when the
// last one left, and the packets that came for it when no socket took them any more. All times are
// of CLOCK_BOOTTIME.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/units.h"

namespace cgtally {

// Packets to addresses and ports that the cgroup served last and that no socket takes any more.
struct LateTraffic {
  Packets packets;
  Bytes payload;
  std::uint64_t connections = 0;  // of the packets: SYN without ACK, each try
  std::uint64_t resets = 0;       // that answered them: refusals
  std::optional<Nanoseconds> first;
  std::optional<Nanoseconds> last;

  bool operator==(const LateTraffic&) const = default;
  [[nodiscard]] bool empty() const { return packets.value == 0 && resets == 0; }
};

// A new process in a cgroup that had ended begins another life.
struct CgroupLife {
  std::uint64_t cgroup_id = 0;
  std::uint64_t parent_id = 0;         // 0: not known
  std::optional<Nanoseconds> begun;    // empty: before the ledger
  std::optional<Nanoseconds> ended;    // empty: it has processes, or never had one
  std::optional<Nanoseconds> removed;  // the rmdir
  LateTraffic late;
  LateTraffic late_at_end;  // `late` as it was at the end: an exiting process closes its sockets
                            // some time before it leaves its cgroup
  bool operator==(const CgroupLife&) const = default;
};

}  // namespace cgtally
