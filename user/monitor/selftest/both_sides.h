// SPDX-License-Identifier: Apache-2.0
// BothSides: what the kernel's own statistics say of the counted device, and what cgtally's ledger
// says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "core/base/result.h"
#include "core/traffic/traffic.h"
#include "monitor/selftest/interrupt.h"
#include "monitor/selftest/testbed.h"

namespace cgtally::monitor {

struct BothSides {
  Traffic device;   // counters of the interface: what it has sent and received
  Traffic queues;   // counters of the queues of both ends: frames, also of super-packets
  Traffic counted;  // the ledger: all accounts of the interface
  std::map<std::uint64_t, Traffic> of_cgroups;  // the ledger again, by cgroup id
  bool operator==(const BothSides&) const = default;
};

enum class WireTruth : std::uint8_t { device, queues };

// Reads both sides, and takes the difference of two readings. The checks of a self-test share one.
class SideReader {
 public:
  // Both references must outlive this.
  static Result<SideReader> open(const Testbed& bed, const std::string& bpffs,
                                 Interrupt& interrupt);

  [[nodiscard]] Result<BothSides> read();
  // What came since `base`, read while nothing moved: at once if both sides agree, else after a
  // second in which they did not change. A packet may be on its way for long on a busy host.
  [[nodiscard]] Result<BothSides> settle(const BothSides& base, WireTruth truth);

  // "tcx" or "clsact"; empty: the device is not counted.
  [[nodiscard]] std::string hook();

 private:
  SideReader(const Testbed& bed, bpf::LedgerView view, InterfaceKey key, Interrupt& interrupt)
      : bed_(&bed), view_(std::move(view)), key_(key), interrupt_(&interrupt) {}

  const Testbed* bed_;
  bpf::LedgerView view_;
  InterfaceKey key_;
  Interrupt* interrupt_;
};

// The part of a difference that is counted on a cgroup; nothing if it has no account.
[[nodiscard]] Traffic of_cgroup(const BothSides& difference, std::uint64_t cgroup_id);

}  // namespace cgtally::monitor
