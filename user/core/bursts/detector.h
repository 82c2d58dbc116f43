// SPDX-License-Identifier: Apache-2.0
// Finds bursts in the closed windows of one interface and direction.
//   - A burst begins with a window over the threshold. It ends when kQuietWindows in a row are
//     below half of the threshold (a shorter dip is a pause of the sender), or when kCalmWindows in
//     a row are not over it (traffic just below the threshold cannot keep a burst open for ever).
//   - The window before the first and the one after the last belong to the burst if they hold half
//     of the threshold, because a burst begins and ends within a window.
//   - Where a window at the threshold is shorter than a few packets (a slow link), a window's rate
//     is that of the span of windows that it ends, so that no single packet is over the threshold.
//   - What has fewer bytes than BurstRule::least is no burst.
//   - Nothing is assumed about missed windows: a burst ends before them, marked as incomplete.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
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

// What counts as a burst.
struct BurstRule {
  BitRate threshold;
  Bytes least = {};  // of the whole burst
  Bytes span = {};   // at the threshold, a rate is that of as many windows as it takes for this
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
  static constexpr std::uint64_t kLongestSpan = 256;  // windows

  explicit BurstDetector(Nanoseconds window) : window_(window) {}

  // For bursts that begin from now on.
  void set_rule(const BurstRule& rule) { rule_ = rule; }
  // Processes the windows with traffic that have closed since the last call, in ascending order;
  // all windows up to and including `through` have closed. Bytes of a window that was processed
  // before are added to the burst that is open there, or to late(). Returns the bursts that have
  // ended.
  [[nodiscard]] std::vector<Burst> process(const std::vector<TrafficWindow>& windows,
                                           std::uint64_t through,
                                           const std::optional<MissedWindows>& missed = {});
  // Ends the open burst with the windows that it has. Empty: none is open, or it has too few bytes.
  [[nodiscard]] std::optional<Burst> finish();
  // The first window_index of the open burst, however few bytes it has so far.
  [[nodiscard]] std::optional<std::uint64_t> open_since() const;
  // The open burst without the last windows that may turn out to be its end; it stays open. Empty
  // as long as it has too few bytes.
  [[nodiscard]] std::optional<Burst> so_far() const;
  // Bytes that came after their window was processed, and are in no burst.
  [[nodiscard]] Bytes late() const { return late_; }

 private:
  struct Open {
    Burst burst;
    std::map<Account, BurstShare> shares;  // `most` is set when the burst is closed
    Bytes unattributed;  // the most that an account may have had in windows that do not name it
    Bytes least;         // of the rule that it began under
    std::uint64_t span = 1;
    Bytes limit;                      // the threshold as bytes in a span
    std::vector<TrafficWindow> tail;  // since the last window over the threshold
    std::size_t quiet = 0;            // number of windows at the tail's end that are below half
  };
  [[nodiscard]] std::uint64_t span() const;                   // in windows
  [[nodiscard]] Bytes limit_of(std::uint64_t windows) const;  // bytes at the threshold
  [[nodiscard]] Bytes in_span(std::uint64_t last, std::uint64_t windows) const;
  void remember(const TrafficWindow& window);
  void evaluate(const TrafficWindow& window, std::vector<Burst>& ended);
  void evaluate_open(const TrafficWindow& window, std::vector<Burst>& ended);
  void evaluate_silence(std::uint64_t until, std::vector<Burst>& ended);
  void open(const TrafficWindow& window);
  void end(std::vector<Burst>& ended, bool incomplete);
  void add_late(const TrafficWindow& part);
  void close_before_gap(std::vector<Burst>& ended);
  static void add(Open& open, const TrafficWindow& window);
  static void forget_lightest(Open& open);
  [[nodiscard]] static Burst with_shares(const Open& open);
  [[nodiscard]] std::optional<Burst> close();

  Nanoseconds window_;
  BurstRule rule_;
  std::uint64_t next_ = 0;  // the first window_index that is not evaluated
  // The last windows with traffic, as many as a span may have, and those that no burst has.
  std::deque<std::pair<std::uint64_t, Bytes>> recent_;
  std::deque<TrafficWindow> unclaimed_;
  std::optional<MissedWindows> last_gap_;
  std::optional<Open> open_;
  Bytes late_;
};

}  // namespace cgtally
