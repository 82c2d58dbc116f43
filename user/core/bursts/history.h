// SPDX-License-Identifier: Apache-2.0
// What a screen says of bursts in passing: how many there were in the last minute, the latest of
// them, and the last second of the busiest interface. A BurstPanel hears of windows and bursts as
// they come, and is asked whenever there is room to show them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/bursts/sparkline.h"
#include "core/instance/allowance_counters.h"

namespace cgtally {

struct BurstNote {
  Nanoseconds begin{};  // boot time
  Nanoseconds wall{};   // the same
  std::string iface;
  Direction direction = Direction::rx;
  Nanoseconds length{};
  Bytes bytes;
  std::string account;  // its top account; empty: nobody can tell
  bool under_way = false;
};

struct SecondOf {
  std::string iface;
  std::vector<Bytes> rx;  // cells, oldest first
  std::vector<Bytes> tx;
};

struct BurstHistory {
  std::uint64_t last_minute = 0;
  std::uint64_t missed = 0;  // windows of the last minute, in which there may have been more
  AllowanceVerdict verdict =
      AllowanceVerdict::none;             // of the allowance counters, where there are any
  std::vector<BurstNote> under_way = {};  // that have lasted for long
  std::vector<BurstNote> latest;          // that have ended, newest first
  std::size_t fresh = 0;                  // so many of them have come since the news before
  std::optional<SecondOf> second;         // of the busiest interface; none where nothing passed
};

class BurstPanel {
 public:
  static constexpr std::size_t kKept = 6;

  explicit BurstPanel(Nanoseconds window) : window_(window) {}

  void add(BurstNote note);
  // Those that go on now.
  void set_under_way(std::vector<BurstNote> notes) { under_way_ = std::move(notes); }
  void add(const std::string& iface, Direction direction,
           const std::vector<TrafficWindow>& windows);
  void add_missed(std::uint64_t windows, Nanoseconds boot_time);
  [[nodiscard]] BurstHistory take(const Moment& now);

 private:
  struct Ways {
    LastSecond rx;
    LastSecond tx;
    Nanoseconds newest{};  // boot time of its last window
  };
  [[nodiscard]] std::optional<SecondOf> busiest(Nanoseconds boot_time);

  Nanoseconds window_;
  std::map<std::string, Ways> interfaces_;
  std::deque<Nanoseconds> begins_;                            // boot times, of the last minute
  std::deque<std::pair<Nanoseconds, std::uint64_t>> missed_;  // likewise
  std::vector<BurstNote> under_way_;
  std::vector<BurstNote> latest_;
  std::size_t fresh_ = 0;
};

// "bursts 3/min SPORADIC", "bursts 3/min (300 windows missed)".
[[nodiscard]] std::string burst_count_words(const BurstHistory& news);
// "last 1 s  tx [.:|#|:..|##:....     ]", a part for each direction; `name`: whether to name the
// interface.
[[nodiscard]] std::vector<std::string> last_second_parts(const SecondOf& second, bool name);
// "burst 11:42:31.002 tx 12 ms 7.31 MB redis.service", "burst 11:42:31.002 tx 14.2 s 3.1 GB so far
// redis.service", the account in `account_columns` at most.
[[nodiscard]] std::string burst_note_words(const BurstNote& note, std::size_t account_columns);

}  // namespace cgtally
