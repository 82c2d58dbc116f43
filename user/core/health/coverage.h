// SPDX-License-Identifier: Apache-2.0
// The share of a device's traffic that our hooks have seen, taken against the device's own
// counters: another program that runs before ours cannot hide packets from those. Bytes and packets
// each give an upper bound of the share, and the lower one is taken:
//   - packets are the same on real devices; a virtual device counts a super-packet as one packet;
//   - bytes are the same on virtual devices (ours exceed the device's by the headers of what is
//     cut later on); hardware may count padding and the FCS, for which there is an allowance.
// So a share below 1 is never an artefact of how the device counts, but a small loss can stay
// hidden.
// The other way, a redirect or a mirror brings packets to our hooks that were on no wire of the
// device. A share above 1 is what bytes prove when all that a device may leave out is granted:
//   - the Ethernet header and a tag of each packet (a bridge, lo, a veth whose peer merges);
//   - the headers of the packets that a super-packet is cut into, which carry data;
//   - what was dropped after it was counted, with the size of the largest super-packet.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/direction.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// Taken close together, the device first.
struct CoverageReading {
  Nanoseconds boot{};    // CLOCK_BOOTTIME
  Traffic device;        // its own counters
  Traffic counted;       // sum over the interface's accounts
  Bytes queued_bytes{};  // in the qdisc: counted, but not yet sent
  Packets queued_packets{};
  Packets dropped{};    // by the qdisc or the driver, on the way out: counted, and never sent
  bool running = true;  // without a carrier nothing is sent, and not every kernel counts the drops
};

// 0 to 1, or above 1 if more was counted than the device carried, at most Coverage::kMostShare;
// empty if both had fewer than Coverage::kFewestPackets.
using CoverageShare = PerDirection<std::optional<double>>;

// The directions in which our hooks miss packets.
using Blind = PerDirection<bool>;

// What was counted in a direction, and what the device carried meanwhile, which is less.
struct OverCount {
  Bytes counted;
  Bytes device;
  Nanoseconds length{};
};

// The coverage of one interface over a sliding window of readings, once a second. The coverage
// monitor and `status` feed it; it reads no device.
class Coverage {
 public:
  // With a reading each second, blindness is reported within ten seconds of its beginning.
  static constexpr Nanoseconds kWindow = std::chrono::seconds{6};
  static constexpr double kBlindBelow = 0.95;
  static constexpr std::uint64_t kFewestPackets = 10;
  static constexpr double kMostAbove = 0.005;  // of the device's bytes
  static constexpr double kMostShare = 9.99;

  explicit Coverage(Nanoseconds window = kWindow) : window_(window) {}

  // If the totals of the device or the ledger went backwards, the reading is a new base.
  void add(const CoverageReading& reading);
  // The share over the window, or over the last two readings if these are further apart.
  [[nodiscard]] CoverageShare share() const;
  // True where the share is too low over the window, over its first third and over its last third.
  // Some hardware updates its counters a second or two late, so that traffic which has just stopped
  // seems to have passed the device only.
  [[nodiscard]] Blind blind() const;
  // Where the share is above 1 over the window, its first third and its last third. `after`: the
  // device as it was read after the totals, so that what passed in between is no excess.
  [[nodiscard]] PerDirection<std::optional<OverCount>> over(const CoverageReading& after) const;

 private:
  struct Thirds {
    const CoverageReading* first = nullptr;
    const CoverageReading* early = nullptr;  // the first third's end; none: only the whole is known
    const CoverageReading* late = nullptr;   // the last third's begin
  };
  [[nodiscard]] bool apart() const;
  [[nodiscard]] std::optional<Thirds> thirds() const;

  Nanoseconds window_;
  std::deque<CoverageReading> readings_;
};

[[nodiscard]] bool is_blind(std::optional<double> share);
[[nodiscard]] bool is_over(std::optional<double> share);
// Between two readings, as `status` takes them; empty where the share is not above 1.
[[nodiscard]] PerDirection<std::optional<OverCount>> over_between(const CoverageReading& first,
                                                                  const CoverageReading& last);

// `eth0 rx: only 41 % of what the device counted came by here: the tcx program "foo" (id 12) runs
// before ours`. `attached`: our own program is attached. `before`: the adapter's descriptions of
// the programs that run before ours.
[[nodiscard]] std::string blind_sentence(std::string_view interface_name,
                                         std::string_view direction, double share, bool attached,
                                         const std::vector<std::string>& before);
// `eth0 rx: booked 2.0 GB in 6.00 s, but the device says 1.0 GB: 200 %: a redirect or a mirror
// brings packets here that were not on its wire`.
[[nodiscard]] std::string over_sentence(std::string_view interface_name, std::string_view direction,
                                        const OverCount& over);

}  // namespace cgtally
