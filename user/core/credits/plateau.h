// SPDX-License-Identifier: Apache-2.0
// Whether somebody holds the rate at the baseline: throughput that fell onto it from clearly above
// and lies still there. Two degrees, since a sender may come to rest at the baseline by chance:
//   - seen: within 3 % for some seconds; enough to say so, not to calculate with;
//   - proven: so still that chance is ruled out, or most packets were held back meanwhile.
// A counter that rises proves nothing alone, and neither does a plateau elsewhere.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/credits/rates.h"

namespace cgtally {

enum class Plateau : std::uint8_t { none, seen, proven };

class PlateauWatch {
 public:
  PlateauWatch(double baseline, double tolerance);

  // To be called after each sample that the history completed.
  void look(const BucketRates& history, bool has_counter);
  void clear();

  [[nodiscard]] Plateau found() const { return found_; }
  [[nodiscard]] double seconds() const { return all_.seconds; }
  // One mean was on the baseline; the next sample is the first that is all plateau.
  [[nodiscard]] bool beginning() const { return means_.size() == 1; }
  // "flat at 1.00 x baseline for 7 s after 4.4 x, counter up 1234"
  [[nodiscard]] std::string reason() const;

 private:
  struct Mean {
    double rate = 0;
    double fresh_seconds = 0;  // of it, what the mean before did not cover
  };

  void extend(const RateSample& mean, const RateSample& newest);
  [[nodiscard]] Plateau judge(bool has_counter) const;
  [[nodiscard]] bool counter_confirms() const;
  [[nodiscard]] bool on_level(double rate, double allowance) const;
  [[nodiscard]] bool still(double chance) const;

  double baseline_;
  double tolerance_;
  double above_ = 0;  // the last rate that was clearly above, in baselines
  double since_above_s_ = 1e9;
  unsigned since_above_ = 1u << 20;  // means
  RateSample all_;                   // of the plateau
  RateSample counted_;               // likewise, after its first reading of the counter
  std::deque<Mean> means_;
  Plateau found_ = Plateau::none;
};

}  // namespace cgtally
