// SPDX-License-Identifier: Apache-2.0
// Which share of what a device carried came by our hooks: the check against a counter that nobody
// in front of us can blind. Bytes and packets each give an upper bound, and the lower one is taken:
//   - packets are the same on real devices; a virtual device counts a super-packet as one of them;
//   - bytes are the same on virtual devices (there ours exceed the device's by the headers of what
//     is cut late); hardware may count padding and the FCS, which is allowed for.
// So a share below 1 is never an artefact of how the device counts, but a small loss can hide.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// Taken close together, the device first.
struct CoverageReading {
  Nanoseconds boot{};    // CLOCK_BOOTTIME
  Traffic device;        // its own counters
  Traffic booked;        // sum over the interface's accounts
  Bytes queued_bytes{};  // in the qdisc: booked, and not yet sent
  Packets queued_packets{};
};

struct CoverageShare {
  std::optional<double> rx;  // 0 to 1; none where the device carried too little to tell
  std::optional<double> tx;
};

struct Blind {
  bool rx = false;
  bool tx = false;
};

class Coverage {
 public:
  // With a reading each second, blindness is said within ten seconds whatever went by before it.
  static constexpr Nanoseconds kWindow = std::chrono::seconds{6};
  static constexpr double kBlindBelow = 0.95;
  static constexpr std::uint64_t kFewestPackets = 10;

  explicit Coverage(Nanoseconds window = kWindow) : window_(window) {}

  // A device or ledger whose totals went backwards begins a new base.
  void add(const CoverageReading& reading);
  // Over the window; over the last two readings where they are further apart.
  [[nodiscard]] CoverageShare share() const;
  // Too low over the window, and over both its first and its last third: some hardware tells its
  // counters a second or two late, so that traffic which has just stopped seems to have passed the
  // device alone.
  [[nodiscard]] Blind blind() const;

 private:
  [[nodiscard]] bool apart() const;

  Nanoseconds window_;
  std::deque<CoverageReading> readings_;
};

[[nodiscard]] bool is_blind(std::optional<double> share);  // of a single share

// `eth0 rx: only 41 % of what the device counted came by here: the tcx program "foo" (id 12) runs
// before ours`. `attached`: our own program is there. `before`: who runs before it, as the adapter
// describes them.
[[nodiscard]] std::string blind_sentence(std::string_view interface_name,
                                         std::string_view direction, double share, bool attached,
                                         const std::vector<std::string>& before);

}  // namespace cgtally
