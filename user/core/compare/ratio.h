// SPDX-License-Identifier: Apache-2.0
// The mirror's amount for each one that is mirrored, learnt from the series: a mirrored request may
// have other headers, or come in another number of packets. A learnt ratio hides what is missing
// all the time, and nothing else: it is the median over twelve parts of the run.
#pragma once

#include <vector>

namespace cgtally::compare {

struct Ratio {
  double value = 1;
  double error = 0;  // standard error; 0: not learnt

  // Whether the ratio is another than `other`, beyond what chance makes of it.
  [[nodiscard]] bool differs_from(double other) const;
};

// Of the sums of parts: above / below. `error_at_least`: that of the model, relative.
[[nodiscard]] Ratio learn_ratio(const std::vector<double>& above, const std::vector<double>& below,
                                double error_at_least);

}  // namespace cgtally::compare
