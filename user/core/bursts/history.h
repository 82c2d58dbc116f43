// SPDX-License-Identifier: Apache-2.0
// The bursts of the last minute for a screen that shows other things too: their number, the latest
// of them, and the last second of the busiest interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bursts/groups.h"
#include "core/bursts/sparkline.h"
#include "core/instance/allowance_counters.h"

namespace cgtally {

// One burst, or several that are alike, as a note on a screen.
struct BurstNote {
  Nanoseconds wall{};  // of its start
  std::string iface;
  Direction direction = Direction::rx;
  Nanoseconds length{};  // from the start of the first to the end of the last
  Bytes bytes;           // of one; of several, their mean
  std::string account;   // its top account as people call it; empty: not known
  bool under_way = false;
  std::uint64_t count = 1;
};
[[nodiscard]] BurstNote note_of(const BurstGroup& group);

// The last second of an interface.
struct InterfaceSecond {
  std::string iface;
  PerDirection<std::vector<Bytes>> cells;  // oldest first
};

// The part of a screen that shows bursts, as data.
struct BurstPanel {
  std::uint64_t last_minute = 0;  // bursts that began in the last minute
  std::uint64_t missed = 0;  // missed windows of the last minute: they may have held more bursts
  AllowanceVerdict verdict = AllowanceVerdict::none;  // of the allowance counters, if there are any
  std::vector<BurstNote> under_way = {};              // bursts that have lasted for long
  std::vector<BurstNote> latest;                      // bursts that have ended, last shown first
  std::size_t fresh = 0;                              // number of `latest` since the panel before
  std::optional<InterfaceSecond> second;  // of the busiest interface; empty without traffic
};

// Remembers the bursts of the last minute. `live` adds windows and bursts as they come and asks for
// a panel each time that it draws. It does not detect bursts: see detector.h.
class BurstHistory {
 public:
  static constexpr std::size_t kKept = 6;  // notes of bursts that have ended

  explicit BurstHistory(Nanoseconds window) : window_(window) {}

  void add(const NamedBurst& burst);
  // The bursts that go on now.
  void set_under_way(std::vector<BurstNote> notes) { under_way_ = std::move(notes); }
  void add(const std::string& iface, Direction direction,
           const std::vector<TrafficWindow>& windows);
  void add_missed(std::uint64_t windows, Nanoseconds boot_time);
  // The panel for a screen that is drawn now. What is fresh in it is not fresh in the next panel.
  [[nodiscard]] BurstPanel next_panel(const Moment& now);

 private:
  struct InterfaceSeconds {
    explicit InterfaceSeconds(Nanoseconds window)
        : seconds{.rx = LastSecond(window), .tx = LastSecond(window)} {}
    PerDirection<LastSecond> seconds;
    Nanoseconds newest{};  // boot time of its last window
  };
  void show(const BurstGroup& group);
  [[nodiscard]] std::optional<InterfaceSecond> busiest(Nanoseconds boot_time);

  Nanoseconds window_;
  std::map<std::string, InterfaceSeconds> interfaces_;
  std::deque<Nanoseconds> begins_;                            // boot times, of the last minute
  std::deque<std::pair<Nanoseconds, std::uint64_t>> missed_;  // and how many windows
  std::vector<BurstNote> under_way_;
  BurstGrouper grouper_;
  std::vector<BurstNote> latest_;
  std::size_t fresh_ = 0;
};

// "bursts 3/min SPORADIC", "bursts 3/min (300 windows missed)".
[[nodiscard]] std::string burst_count_words(const BurstPanel& panel);
// "last 1 s  tx [.:|#|:..|##:....     ]", one part for each direction; with `name` the first part
// begins with the interface's name.
[[nodiscard]] std::vector<std::string> last_second_parts(const InterfaceSecond& second, bool name);
// "burst 11:42:31.002 tx 12 ms 7.31 MB redis.service", "burst 11:42:31.002 tx 14.2 s 3.1 GB so far
// redis.service", "bursts 11:42:31.002 tx x 47 of 7.31 MB in 9.87 s redis.service", with the
// account cut to `account_columns`.
[[nodiscard]] std::string burst_note_words(const BurstNote& note, std::size_t account_columns);

}  // namespace cgtally
