// SPDX-License-Identifier: Apache-2.0
// SlotResolver: from the slots in a window to the accounts that they belonged to.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "monitor/bursts/window_reader.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

struct WindowBatch {
  std::vector<TrafficWindow> windows;  // as BurstDetector processes them
  std::uint64_t from = 0;              // all from this one ...
  std::uint64_t through = 0;           // ... to this one have closed since the last read
  std::optional<MissedWindows> missed;
};

// A slot may be another account's one ring length (256 windows) after its account was retired, so
// an older window is resolved only if no account was retired since it began. Bytes that cannot be
// resolved are added to the window's error bound. A BurstMonitor owns one. Reads no windows.
class SlotResolver {
 public:
  // The session must outlive this.
  SlotResolver(Session& session, Nanoseconds window, Nanoseconds boot_time)
      : session_(session), window_(window), unchanged_since_(boot_time) {}

  // Call before resolve(): notices that an account was retired.
  void update(Nanoseconds boot_time);
  // From here on the slots are those of another ledger.
  void restart(Nanoseconds boot_time) { first_ = boot_time; }
  [[nodiscard]] WindowBatch resolve(const ReadWindows& read, Nanoseconds boot_time);

 private:
  [[nodiscard]] bool holds(std::uint64_t window_index, Nanoseconds lap,
                           Nanoseconds boot_time) const;
  [[nodiscard]] TrafficWindow resolve(const bpf::ClosedWindow& window, bool holds);

  Session& session_;
  Nanoseconds window_;
  std::uint64_t generation_ = 0;
  Nanoseconds unchanged_since_;  // boot time
  Nanoseconds first_{};          // likewise: older windows are another ledger's
};

}  // namespace cgtally::monitor
