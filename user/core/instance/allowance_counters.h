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
#include <utility>
#include <vector>

#include "core/base/units.h"
#include "core/traffic/reading.h"

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

// A driver's statistics by name, in whatever order and number they come.
using NamedStatistics = std::vector<std::pair<std::string, std::uint64_t>>;

using AllowanceTotals = std::array<std::optional<std::uint64_t>, kAllowanceCounters>;
[[nodiscard]] inline std::optional<std::uint64_t> total_of(const AllowanceTotals& totals,
                                                           AllowanceCounter counter) {
  return totals[static_cast<std::size_t>(counter)];
}

// What of it is there; other names are passed over.
[[nodiscard]] AllowanceTotals allowances_of(const NamedStatistics& statistics);
[[nodiscard]] bool any_of_them(const AllowanceTotals& totals);

// One look at all uplinks.
struct AllowanceReading {
  Moment taken;
  std::map<std::string, AllowanceTotals> interfaces;  // those that have any of the counters
  Packets rx_packets;  // carried by those interfaces since the reading before
  Packets tx_packets;
};

enum class AllowanceVerdict : std::uint8_t { none, quiet, sporadic, sustained };
[[nodiscard]] std::string_view verdict_name(AllowanceVerdict verdict);  // none: ""

// What one look has shown against the one before.
struct AllowanceStep {
  std::string iface;
  AllowanceCounter counter{};
  std::uint64_t delta = 0;
  std::uint64_t total = 0;
  // Of the direction's on all those interfaces, of both directions for pps; none for the others.
  std::optional<double> share_of_packets;
  bool restarted = false;  // it went backwards or was away: a device reset, a new base
};

struct AllowanceSummary {
  AllowanceCounter counter{};
  bool there = false;
  std::uint64_t last_minute = 0;  // for the gauge: what is available now, the least of all
  std::uint64_t total = 0;        // since the drivers' last resets; for the gauge the same
  std::optional<double> share;    // of the packets of that minute
  AllowanceVerdict verdict = AllowanceVerdict::none;
  std::string remedy;  // what to do about it; empty while there is nothing to do
};

// At most 100 packets in a minute and less than 1 % of all: sporadic. `packets` none: only the
// number counts.
[[nodiscard]] AllowanceVerdict verdict_of(std::uint64_t exceeded_in_minute,
                                          std::optional<std::uint64_t> packets);

// What the connections felt while the counters moved.
struct NetworkEffect {
  std::optional<Nanoseconds> queue_delay_p99;
  std::optional<Bytes> retransmitted;
  Bytes sent;  // in the same time
};
// "queue delay p99 1.40 ms, no retransmits": what is known of it.
[[nodiscard]] std::string effect_words(const NetworkEffect& effect);
enum class AllowanceHarm : std::uint8_t { unknown, harmless, hurts };
// Harmless is only ever what is sporadic while queue delay and retransmits are normal.
[[nodiscard]] AllowanceHarm harm_of(AllowanceVerdict verdict, const NetworkEffect& effect);
// "queue delay p99 1.40 ms, no retransmits: harmless"; empty where no counter moved.
[[nodiscard]] std::string harm_words(AllowanceVerdict verdict, const NetworkEffect& effect);

class Allowances {
 public:
  // The first reading is the base. Summed over interfaces where a single figure is asked for. A
  // counter that went backwards, or was away and is back, begins at a new base: no difference is
  // ever taken across that. A single reading of 0 between two higher ones is one that the device
  // refused to answer, as that driver shows it.
  std::vector<AllowanceStep> add(const AllowanceReading& reading);
  // In the last add(); none: no interface has that counter, or it has only a base yet.
  [[nodiscard]] std::optional<std::uint64_t> gained(AllowanceCounter counter) const;
  [[nodiscard]] bool has(AllowanceCounter counter) const;
  // In the order of the enum. Over the last minute, or what was seen of it; an interval that is
  // longer counts as a whole.
  [[nodiscard]] std::vector<AllowanceSummary> summaries() const;

 private:
  using Key = std::pair<std::string, AllowanceCounter>;
  struct Track {
    std::uint64_t total = 0;
    std::uint64_t before_zero = 0;  // while `total` is 0 and was not before
    bool there = true;
  };
  struct Interval {
    Nanoseconds end{};  // boot time
    std::array<std::optional<std::uint64_t>, kAllowanceCounters> gained;
    Packets rx_packets;
    Packets tx_packets;
  };
  [[nodiscard]] std::optional<AllowanceStep> follow(const std::string& iface,
                                                    AllowanceCounter counter, std::uint64_t total);
  void forget_absent(const AllowanceReading& reading);
  void keep(Interval interval);
  [[nodiscard]] AllowanceSummary summary_of(AllowanceCounter counter) const;

  std::map<Key, Track> tracks_;
  std::deque<Interval> minute_;
};

// "ena 60s": what to show of the summaries in one line, "tx 0  rx 0  pps 0  conntrack 0 (51 212
// left)  linklocal 0", with the verdict where a counter moved; and its remedies, a line each.
[[nodiscard]] std::string allowance_words(const std::vector<AllowanceSummary>& summaries);
// The same of the totals: "rx 0  tx 281 794  pps 3".
[[nodiscard]] std::string allowance_totals_words(const std::vector<AllowanceSummary>& summaries);
[[nodiscard]] std::vector<std::string> allowance_remedies(
    const std::vector<AllowanceSummary>& summaries);

}  // namespace cgtally
