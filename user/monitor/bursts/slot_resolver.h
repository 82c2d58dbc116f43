// SPDX-License-Identifier: Apache-2.0
// From the slots that windows name to the accounts that they belonged to then. A slot becomes
// another's a lap of the rings after it was folded: a window that is named later than that is only
// named if nothing was folded since it began. A share that nobody can name any more is in doubt
// like what no window names at all.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "monitor/bursts/window_reader.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

struct WindowBatch {
  std::vector<TrafficWindow> windows;  // as BurstDetector takes them
  std::uint64_t from = 0;              // all from this one ...
  std::uint64_t through = 0;           // ... to this one have closed since the last look
  std::optional<MissedWindows> missed;
};

class SlotResolver {
 public:
  // The session must outlive this.
  SlotResolver(Session& session, Nanoseconds window, Nanoseconds boot_time)
      : session_(session), window_(window), unchanged_since_(boot_time) {}

  // Before resolve(): looks whether an account was retired.
  void update(Nanoseconds boot_time);
  // Slots are those of another ledger from here on.
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
  Nanoseconds first_{};          // likewise: of windows that began earlier nobody can tell
};

}  // namespace cgtally::monitor
