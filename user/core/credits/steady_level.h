// SPDX-License-Identifier: Apache-2.0
// The long evidence for a limiter at the baseline: after a drain the rate returns to one level
// more exactly than a sender's own wandering explains, for a minute or more and whatever came
// between: pauses of the application, a queue that fills and empties. plateau.h has the quick one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/credits/rates.h"

namespace cgtally {

// See plateau.h.
enum class Plateau : std::uint8_t { none, ambiguous, seen, proven };

// Up to half an hour of means of one second. PlateauDetector owns one and feeds it with samples; it
// knows the baseline but nothing of the balance.
class SteadyLevel {
 public:
  // `baseline` in bytes per second; `tolerance`: how far off it may be, as a share.
  SteadyLevel(double baseline, double tolerance);

  // The rate was clearly above the baseline: what follows may be a limiter's plateau.
  void drained();
  // The rate has left the level for longer than a pause: the level must show itself again.
  void begin_again();
  void add(const RateSample& sample);

  // A pause has saved up what is spent now.
  [[nodiscard]] bool makes_up_for_pause() const { return unspent_ > 0; }
  [[nodiscard]] Plateau found() const { return found_; }  // none, seen or proven
  [[nodiscard]] double seconds() const { return flat_s_; }
  [[nodiscard]] double level() const { return level_; }  // in baselines
  // The allowance counter rose in most readings.
  [[nodiscard]] bool counter_rises() const;
  // Bytes that can be left now, because of pauses, although the limiter held the rate.
  [[nodiscard]] double most_left() const;

 private:
  struct Mean {
    double rate = 0;  // in baselines
    double seconds = 0;
    unsigned reads = 0;
    unsigned gains = 0;
    bool flat = false;  // neither in a pause nor making up for one
  };

  void add_mean(const RateSample& sample);
  void forget_oldest();
  [[nodiscard]] bool is_due();
  [[nodiscard]] Plateau evaluate();
  [[nodiscard]] bool is_on_level(const std::vector<double>& rates) const;
  [[nodiscard]] bool makes_up(const std::vector<double>& rates) const;
  [[nodiscard]] std::vector<double> long_means(int scale) const;

  double baseline_;
  double tolerance_;
  bool after_drain_ = false;
  RateSample open_;
  std::deque<Mean> means_;
  double kept_s_ = 0;
  double flat_s_ = 0;
  double unspent_ = 0;  // bytes that the newest pause has saved up
  double since_pause_s_ = 0;
  double rested_s_ = 0;  // seconds of baseline since the level was left
  double due_at_s_ = 0;
  double clock_s_ = 0;
  double level_ = 0;
  Plateau found_ = Plateau::none;
};

}  // namespace cgtally
