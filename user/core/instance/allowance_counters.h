// SPDX-License-Identifier: Apache-2.0
// The allowance counters of the ENA driver: packets that were queued or dropped because the
// instance exceeded what it is granted. They are cumulative for each interface, begin again with a
// reset of the device, and any of them may be missing. Source: "Monitor network performance for ENA
// settings", EC2 User Guide.
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
  conntrack_available,  // a gauge: connections that can still be opened
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

// The allowance counters among a driver's statistics; all other names are ignored.
[[nodiscard]] AllowanceTotals allowances_of(const NamedStatistics& statistics);
[[nodiscard]] bool any_of_them(const AllowanceTotals& totals);

// One reading of all uplinks.
struct AllowanceReading {
  Moment taken;
  std::map<std::string, AllowanceTotals> interfaces;  // those with at least one of the counters
  Packets rx_packets;  // carried by those interfaces since the previous reading
  Packets tx_packets;
};

// The judgement of one counter over a minute: no such counter, no exceeded packet, few, or many.
enum class AllowanceVerdict : std::uint8_t { none, quiet, sporadic, sustained };
[[nodiscard]] std::string_view verdict_name(AllowanceVerdict verdict);  // "sporadic"; "" for none

// The change of one counter of one interface between two readings.
struct AllowanceStep {
  std::string iface;
  AllowanceCounter counter{};
  std::uint64_t delta = 0;
  std::uint64_t total = 0;
  // `delta` as a share of the direction's packets on all those interfaces, of both directions' for
  // pps; std::nullopt for the other counters.
  std::optional<double> share_of_packets;
  bool restarted =
      false;  // went backwards or was missing: a device reset, so `total` is a new base
};

struct AllowanceSummary {
  AllowanceCounter counter{};
  bool there = false;
  std::uint64_t last_minute = 0;  // for the gauge: available now, the smallest of all interfaces
  std::uint64_t total = 0;        // since the drivers' last resets; for the gauge as last_minute
  std::optional<double> share;    // of that minute's packets
  AllowanceVerdict verdict = AllowanceVerdict::none;
  std::string remedy;  // empty while there is nothing to do
};

// Sporadic: at most 100 packets in a minute and less than 1 % of all `packets`; without `packets`
// only the number counts.
[[nodiscard]] AllowanceVerdict verdict_of(std::uint64_t exceeded_in_minute,
                                          std::optional<std::uint64_t> packets);

// The effect on TCP connections while the counters moved.
struct NetworkEffect {
  std::optional<Nanoseconds> queue_delay_p99;
  std::optional<Bytes> retransmitted;
  Bytes sent;  // in the same time
};
// "queue delay p99 1.40 ms, no retransmits", as far as it is known.
[[nodiscard]] std::string effect_words(const NetworkEffect& effect);
enum class AllowanceHarm : std::uint8_t { unknown, harmless, hurts };
// Only a sporadic counter with a normal queue delay and normal retransmits is harmless.
[[nodiscard]] AllowanceHarm harm_of(AllowanceVerdict verdict, const NetworkEffect& effect);
// "queue delay p99 1.40 ms, no retransmits: harmless"; empty if no counter moved.
[[nodiscard]] std::string harm_words(AllowanceVerdict verdict, const NetworkEffect& effect);

// The last minute of all counters of all interfaces. AllowanceCollector feeds it with readings, the
// credit and burst monitors ask it. It reads no device.
class Allowances {
 public:
  // The first reading is the base. A counter that went backwards, or was missing and is back,
  // begins at a new base: no difference is taken across that. A single reading of 0 between two
  // higher ones is ignored: ENA's driver shows 0 for a counter that the device refused to report.
  std::vector<AllowanceStep> add(const AllowanceReading& reading);
  // Interfaces got new names since the last reading (old name -> new name): their counters go on.
  void rename(const std::map<std::string, std::string>& names);
  // The gain in the last add(), summed over interfaces; std::nullopt if no interface has the
  // counter or only a base of it is known.
  [[nodiscard]] std::optional<std::uint64_t> gained(AllowanceCounter counter) const;
  [[nodiscard]] bool has(AllowanceCounter counter) const;
  // In the order of the enum, over the last minute as far as it was seen; a longer interval counts
  // as a whole.
  [[nodiscard]] std::vector<AllowanceSummary> summaries() const;

 private:
  using Key = std::pair<std::string, AllowanceCounter>;
  struct Track {
    std::uint64_t total = 0;
    std::uint64_t before_zero = 0;  // the total before a reading of 0, until it is decided
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

// The last minute in one line, with the verdict of each counter that moved: "rx 0  tx 37 sporadic
// pps 0  conntrack 0 (51 212 left)  linklocal 0".
[[nodiscard]] std::string allowance_words(const std::vector<AllowanceSummary>& summaries);
// The totals: "rx 0  tx 281 794  pps 3".
[[nodiscard]] std::string allowance_totals_words(const std::vector<AllowanceSummary>& summaries);
// One line for each remedy: "tx: smaller responses, or a larger type".
[[nodiscard]] std::vector<std::string> allowance_remedies(
    const std::vector<AllowanceSummary>& summaries);

}  // namespace cgtally
