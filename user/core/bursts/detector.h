// SPDX-License-Identifier: Apache-2.0
// Bursts, from the closed windows of one interface and direction. A burst begins with a window over
// the threshold and ends with the last one that is followed by kQuiet windows in a row below half
// of it, or by kCalm in a row that are not over it: a dip of a window or two is the pause of a
// sender, not the end of what it sends, and traffic just below the threshold cannot keep a burst
// open for ever. The windows beside the first and the last belong to it where they hold half of
// the threshold: a burst begins and ends within a window. Where windows were missed nothing is
// assumed: a burst ends before them, and says that it may have gone on. One that does not end costs
// no more memory the longer it lasts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally {

struct BurstShare {
  Account account;
  Bytes least;
  Bytes most;
};

struct Burst {
  std::uint64_t first = 0;  // windows, both in it
  std::uint64_t last = 0;
  Nanoseconds window{};
  Bytes bytes;
  Packets packets;
  Bytes peak;  // of its heaviest window
  BitRate threshold;
  std::vector<BurstShare> shares;  // heaviest first
  bool incomplete = false;         // windows of it or beside it were missed

  [[nodiscard]] Nanoseconds start() const;  // CLOCK_BOOTTIME
  [[nodiscard]] Nanoseconds end() const;
  [[nodiscard]] Nanoseconds length() const { return end() - start(); }
  [[nodiscard]] BitRate peak_rate() const;
  [[nodiscard]] BitRate mean_rate() const;
};

class BurstDetector {
 public:
  static constexpr std::size_t kQuiet = 3;  // windows below half of the threshold
  static constexpr std::size_t kCalm = 10;  // windows not over it
  // Of a burst, the heaviest: what the others had is in doubt, as if no window had named them.
  static constexpr std::size_t kMostAccounts = 2048;

  explicit BurstDetector(Nanoseconds window) : window_(window) {}

  // For bursts that begin from now on.
  void set_threshold(BitRate threshold) { threshold_ = threshold; }
  // The windows that have closed since the last call, ascending, those with traffic only; all up to
  // and including `through` have. What comes for a window that was judged already goes to the burst
  // that is open there, or to late().
  [[nodiscard]] std::vector<Burst> take(const std::vector<TrafficWindow>& windows,
                                        std::uint64_t through,
                                        const std::optional<MissedWindows>& missed = {});
  // The burst that is open, as far as it has come.
  [[nodiscard]] std::optional<Burst> finish();
  // Its first window_index.
  [[nodiscard]] std::optional<std::uint64_t> open_since() const;
  // The same as finish() would give, and it goes on: all but the windows that may be a dip.
  [[nodiscard]] std::optional<Burst> so_far() const;
  // Came after its window had been judged, and is in no burst.
  [[nodiscard]] Bytes late() const { return late_; }

 private:
  struct Open {
    Burst burst;
    std::map<Account, BurstShare> shares;  // `most` holds only what is beyond `least`
    Bytes doubt;                      // what an account may have had in windows that do not name it
    Bytes limit;                      // of the threshold, in one window
    std::vector<TrafficWindow> tail;  // since the last window over the threshold
    std::size_t quiet = 0;            // how many of them, at the end, are below half
  };
  [[nodiscard]] Bytes limit_of(BitRate threshold) const;
  void judge(const TrafficWindow& window, std::vector<Burst>& ended);
  void judge_silence(std::uint64_t until, std::vector<Burst>& ended);
  void begin(const TrafficWindow& window);
  void put_late(const TrafficWindow& rest);
  void cut(std::vector<Burst>& ended);
  static void add(Open& open, const TrafficWindow& window);
  static void forget_lightest(Open& open);
  [[nodiscard]] static Burst with_shares(const Open& open);
  [[nodiscard]] Burst close();

  Nanoseconds window_;
  BitRate threshold_;
  std::uint64_t next_ = 0;                // the first window_index that is not judged
  std::optional<TrafficWindow> before_;   // the last one that was judged, in no burst
  std::optional<MissedWindows> missing_;  // the last gap
  std::optional<Open> open_;
  Bytes late_;
};

}  // namespace cgtally
