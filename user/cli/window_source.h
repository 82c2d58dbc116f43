// SPDX-License-Identifier: Apache-2.0
// The windows of one interface of a session, as they close, with the names of accounts in the place
// of slots. How far it has come is kept for each direction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/bpf/windows.h"
#include "cli/session.h"
#include "core/traffic_window.h"

namespace cgtally::cli {

struct WindowBatch {
  std::vector<TrafficWindow> windows;  // as BurstDetector takes them
  std::uint64_t from = 0;              // all from this one ...
  std::uint64_t through = 0;           // ... to this one have closed since the last look
  std::optional<MissedWindows> missed;
};

class WindowSource {
 public:
  // From the first window that begins after `boot_time`.
  static Result<WindowSource> open(Session& session, InterfaceKey key, Nanoseconds boot_time);

  // `boot_time`: taken before the call.
  [[nodiscard]] Result<WindowBatch> read(Direction direction, Session& session,
                                         Nanoseconds boot_time);
  [[nodiscard]] Nanoseconds closes_after() const { return windows_.closes_after(); }

 private:
  WindowSource(bpf::Windows windows, std::array<bpf::WindowCursor, 2> cursors)
      : windows_(std::move(windows)), cursors_(std::move(cursors)) {}

  bpf::Windows windows_;
  std::array<bpf::WindowCursor, 2> cursors_;
};

}  // namespace cgtally::cli
