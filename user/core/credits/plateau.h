// SPDX-License-Identifier: Apache-2.0
// Detection of a limiter that holds the rate at the baseline: throughput that fell onto the
// baseline from clearly above and stays there. A sender may come to rest at the baseline by chance,
// so there are two degrees:
//   - seen: within 3 % of the baseline for some seconds; enough to show, not to calculate with;
//   - proven: so still that chance is ruled out, or most packets were held back meanwhile.
// A rising allowance counter alone proves nothing, and neither does a plateau at another rate.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/credits/rates.h"

namespace cgtally {

enum class Plateau : std::uint8_t { none, seen, proven };

// Watches the recent rates of one direction. Bucket owns one and decides what follows from a
// plateau; the detector knows no balance.
class PlateauDetector {
 public:
  // `baseline` in bytes per second; `tolerance`: how far off it may be, as a share.
  PlateauDetector(double baseline, double tolerance);

  // Call after each sample that the history completed.
  void update(const BucketRates& history, bool has_counter);
  void clear();

  [[nodiscard]] Plateau found() const { return found_; }
  [[nodiscard]] double seconds() const { return all_.seconds; }
  // True while only one mean is on the baseline: the next sample is the first that is all plateau.
  [[nodiscard]] bool beginning() const { return means_.size() == 1; }
  // "flat at 1.00 x baseline for 7 s after 4.4 x, allowance counter rising"
  [[nodiscard]] std::string reason() const;

 private:
  struct Mean {
    double rate = 0;
    double fresh_seconds = 0;  // the part that the mean before did not cover
  };

  void extend(const RateSample& mean, const RateSample& newest);
  [[nodiscard]] Plateau evaluate(bool has_counter) const;
  [[nodiscard]] bool counter_confirms() const;
  [[nodiscard]] bool on_level(double rate, double allowance) const;
  [[nodiscard]] bool is_still(double chance) const;

  double baseline_;
  double tolerance_;
  double above_ = 0;  // the last rate that was clearly above, in baselines
  double since_above_s_ = 1e9;
  unsigned since_above_ = 1u << 20;  // means
  RateSample all_;                   // the whole plateau
  RateSample counted_;               // the plateau after its first reading of the counter
  std::deque<Mean> means_;
  Plateau found_ = Plateau::none;
};

}  // namespace cgtally
