// SPDX-License-Identifier: Apache-2.0
// Finds bursts in the closed windows of one interface and direction.
//   - A burst begins with a window over the threshold. It ends when kQuietWindows in a row are
//     below half of the threshold (a shorter dip is a pause of the sender), or when kCalmWindows in
//     a row are not over it (traffic just below the threshold cannot keep a burst open for ever).
//   - The window before the first and the one after the last belong to the burst if they hold half
//     of the threshold, because a burst begins and ends within a window.
//   - Nothing is assumed about missed windows: a burst ends before them, marked as incomplete.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/bursts/window.h"

namespace cgtally {

// An account's part of a burst: between `least` and `most` bytes.
struct BurstShare {
  Account account;
  Bytes least;
  Bytes most;
};

struct Burst {
  std::uint64_t first = 0;  // index of its first window
  std::uint64_t last = 0;   // index of its last window
  Nanoseconds window{};
  Bytes bytes;
  Packets packets;
  Bytes peak;  // bytes of its heaviest window
  BitRate threshold;
  std::vector<BurstShare> shares;  // heaviest first
  bool incomplete = false;         // windows in it or beside it were missed

  [[nodiscard]] Nanoseconds start() const;  // CLOCK_BOOTTIME
  [[nodiscard]] Nanoseconds end() const;
  [[nodiscard]] Nanoseconds length() const { return end() - start(); }
  [[nodiscard]] BitRate peak_rate() const;
  [[nodiscard]] BitRate mean_rate() const;
};

// The burst monitor has one detector for each direction of an interface. Memory is bounded, however
// long a burst lasts. Causes are none of its business: see cause.h.
class BurstDetector {
 public:
  static constexpr std::size_t kQuietWindows = 3;  // below half of the threshold
  static constexpr std::size_t kCalmWindows = 10;  // not over the threshold
  // The accounts of a burst that are kept, the heaviest. The bytes of the others count as
  // unattributed, as if no window had named these accounts.
  static constexpr std::size_t kMostAccounts = 2048;

  explicit BurstDetector(Nanoseconds window) : window_(window) {}

  // For bursts that begin from now on.
  void set_threshold(BitRate threshold) { threshold_ = threshold; }
  // Processes the windows with traffic that have closed since the last call, in ascending order;
  // all windows up to and including `through` have closed. Bytes of a window that was processed
  // before are added to the burst that is open there, or to late(). Returns the bursts that have
  // ended.
  [[nodiscard]] std::vector<Burst> process(const std::vector<TrafficWindow>& windows,
                                           std::uint64_t through,
                                           const std::optional<MissedWindows>& missed = {});
  // Ends the open burst with the windows that it has.
  [[nodiscard]] std::optional<Burst> finish();
  // The open burst's first window_index.
  [[nodiscard]] std::optional<std::uint64_t> open_since() const;
  // The open burst without the last windows that may turn out to be its end; it stays open.
  [[nodiscard]] std::optional<Burst> so_far() const;
  // Bytes that came after their window was processed, and are in no burst.
  [[nodiscard]] Bytes late() const { return late_; }

 private:
  struct Open {
    Burst burst;
    std::map<Account, BurstShare> shares;  // `most` is set when the burst is closed
    Bytes unattributed;  // the most that an account may have had in windows that do not name it
    Bytes limit;         // the threshold as bytes in one window
    std::vector<TrafficWindow> tail;  // since the last window over the threshold
    std::size_t quiet = 0;            // number of windows at the tail's end that are below half
  };
  [[nodiscard]] Bytes limit_of(BitRate threshold) const;
  void evaluate(const TrafficWindow& window, std::vector<Burst>& ended);
  void evaluate_silence(std::uint64_t until, std::vector<Burst>& ended);
  void open(const TrafficWindow& window);
  void add_late(const TrafficWindow& part);
  void close_before_gap(std::vector<Burst>& ended);
  static void add(Open& open, const TrafficWindow& window);
  static void forget_lightest(Open& open);
  [[nodiscard]] static Burst with_shares(const Open& open);
  [[nodiscard]] Burst close();

  Nanoseconds window_;
  BitRate threshold_;
  std::uint64_t next_ = 0;               // the first window_index that is not evaluated
  std::optional<TrafficWindow> before_;  // the window before next_, unless it is in a burst
  std::optional<MissedWindows> last_gap_;
  std::optional<Open> open_;
  Bytes late_;
};

}  // namespace cgtally
