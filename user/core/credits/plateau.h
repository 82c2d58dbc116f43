// SPDX-License-Identifier: Apache-2.0
// Detection of a limiter that holds the rate at the baseline: throughput that fell onto the
// baseline from clearly above and stays there. A sender may come to rest at the baseline by chance,
// so there are degrees:
//   - seen: within 3 % of the baseline for some seconds; enough to show, not to calculate with;
//   - proven: so still that chance is ruled out, or most packets were held back meanwhile;
//   - ambiguous: as still, but the baseline is also the limit of a single flow.
// A rising allowance counter alone proves nothing, and neither does a plateau at another rate.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/credits/rates.h"
#include "core/credits/steady_level.h"

namespace cgtally {

// What is known of the traffic beside its rate.
enum class FlowCount : std::uint8_t { unknown, perhaps_several, several };
struct PlateauContext {
  bool has_counter = false;
  bool may_be_empty = true;  // by what is believed of the balance
  FlowCount flows = FlowCount::unknown;
};

// Watches the recent rates of one direction. Bucket owns one and decides what follows from a
// plateau; the detector knows no balance.
class PlateauDetector {
 public:
  // `baseline` in bytes per second; `tolerance`: how far off it may be, as a share.
  PlateauDetector(double baseline, double tolerance);

  // Call after each sample that the history completed.
  void update(const BucketRates& history, const PlateauContext& context);
  void clear();
  // After a gap in the watch: the plateau must show itself again, but need not fall from above.
  void interrupt();

  [[nodiscard]] Plateau found() const { return found_; }
  // It held for so long; what interrupted it is left out.
  [[nodiscard]] double seconds() const;
  // Bytes that may have been saved up in pauses, if only the long evidence shows the plateau.
  [[nodiscard]] double most_left() const { return over_long() ? long_.most_left() : 0; }
  // The limit of one flow that the baseline coincides with, in bits per second; 0: none.
  [[nodiscard]] static double flow_limit(double baseline);
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
  void hold(const RateSample& newest);
  [[nodiscard]] bool over_long() const;
  [[nodiscard]] Plateau evaluate(const PlateauContext& context) const;
  [[nodiscard]] Plateau evaluate_recent(bool has_counter) const;
  [[nodiscard]] Plateau evaluate_long(bool has_counter) const;
  [[nodiscard]] bool counter_confirms() const;
  [[nodiscard]] bool on_level(double rate, double allowance) const;
  [[nodiscard]] bool is_still(double chance) const;

  double baseline_;
  double tolerance_;
  double above_ = 0;  // the last rate that was clearly above, in baselines
  double since_above_s_ = 1e9;
  unsigned since_above_ = 1u << 20;  // means
  bool direct_ = false;              // it fell onto the baseline from above, not after a pause
  RateSample all_;                   // the whole plateau
  RateSample counted_;               // the plateau after its first reading of the counter
  std::deque<Mean> means_;
  SteadyLevel long_;
  Plateau found_ = Plateau::none;
  // Since the plateau was last found for its own sake: few means that are off do not end it.
  double held_s_ = 0;
  double held_net_ = 0;  // bytes beyond the baseline in that time
};

}  // namespace cgtally
