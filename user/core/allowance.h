// SPDX-License-Identifier: Apache-2.0
// The allowance counters of the ENA driver: packets that were queued or dropped because the
// instance exceeded what it is granted. Cumulative for each interface, reset with the device, any
// of them may be missing. Source: "Monitor network performance for ENA settings", EC2 User Guide.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/reading.h"
#include "core/units.h"

namespace cgtally {

enum class AllowanceCounter : std::uint8_t {
  bw_in,
  bw_out,
  pps,
  conntrack,
  linklocal,
  conntrack_available,  // a gauge: connections that are still to be had
};
inline constexpr std::size_t kAllowanceCounters = 6;
// As `ethtool -S` prints it: "bw_in_allowance_exceeded".
[[nodiscard]] std::string_view allowance_name(AllowanceCounter counter);

using AllowanceTotals = std::array<std::optional<std::uint64_t>, kAllowanceCounters>;
[[nodiscard]] inline std::optional<std::uint64_t> total_of(const AllowanceTotals& totals,
                                                           AllowanceCounter counter) {
  return totals[static_cast<std::size_t>(counter)];
}

// One look at all uplinks.
struct AllowanceReading {
  Moment taken;
  std::map<std::string, AllowanceTotals> interfaces;  // those that have any of the counters
  Packets rx_packets;  // carried by those interfaces since the reading before
  Packets tx_packets;
};

enum class Verdict : std::uint8_t { none, quiet, sporadic, sustained };
[[nodiscard]] std::string_view verdict_name(Verdict verdict);  // none: ""

// What one look has shown against the one before.
struct AllowanceStep {
  std::string iface;
  AllowanceCounter counter{};
  std::uint64_t delta = 0;
  std::uint64_t total = 0;
  std::optional<double> share_of_packets;  // of the direction's; of both for pps
  bool restarted = false;                  // it went backwards: a device reset, a new base
};

struct AllowanceSummary {
  AllowanceCounter counter{};
  bool there = false;
  std::uint64_t last_minute = 0;  // for the gauge: what is available now, the least of all
  std::optional<double> share;    // of the packets of that minute
  Verdict verdict = Verdict::none;
  std::string remedy;  // what to do about it; empty while there is nothing to do
};

class Allowances {
 public:
  // The first reading is the base. Summed over interfaces where a single figure is asked for.
  std::vector<AllowanceStep> add(const AllowanceReading& reading);
  // In the last add(); none: no interface has that counter.
  [[nodiscard]] std::optional<std::uint64_t> gained(AllowanceCounter counter) const;
  [[nodiscard]] bool has(AllowanceCounter counter) const;
  [[nodiscard]] std::vector<AllowanceSummary> summaries() const;  // in the order of the enum
};

}  // namespace cgtally
