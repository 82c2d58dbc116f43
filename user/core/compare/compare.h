// SPDX-License-Identifier: Apache-2.0
// `cgtally compare`: whether the mirror received its share of the original's requests, and if not,
// how many are missing, from when to when, and which container ended then. quantity.h has the
// model, scan.h the test and its rate of false alarms.
#pragma once

#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/compare/quantity.h"
#include "core/compare/scan.h"
#include "core/compare/series.h"

namespace cgtally::compare {

struct CompareOptions {
  double share = 1;                  // above 0, at most 1
  std::optional<Unit> unit = {};     // empty: by what the series has
  std::optional<double> ratio = {};  // of requests: the mirror's for each one mirrored; see learn
  bool learn = false;                // the ratio, from the series
};

// One of the two quantities, with what is amiss in it.
struct Compared {
  Fluctuation all;
  std::vector<Stretch> stretches;
  bool ratio_learnt = false;

  explicit Compared(Quantity quantity, bool learnt = false)
      : all(std::move(quantity)), stretches(find_stretches(all)), ratio_learnt(learnt) {}
};

// What is missing altogether.
struct Loss {
  double missing = 0;
  double low = 0;  // the 99 % interval of it
  double high = 0;
  Nanoseconds begin{};
  Nanoseconds end{};
  std::size_t stretches = 0;
};

struct CompareReport {
  CompareOptions options;
  Series series;
  Unit unit = Unit::connections;
  Compared requests;
  std::optional<Compared> payload;  // none where requests are counted by bytes
  std::optional<Loss> lost;         // requests
  std::optional<Loss> payload_lost;
  std::vector<ContainerEnd> ends;  // those within the loss, the mirror's first
  bool more = false;               // the mirror has more than its share in some stretch
  // The least part that would be found missing in 19 of 20 runs if it were missing all the time.
  double visible_part = 0;

  [[nodiscard]] bool complete() const { return !lost && !payload_lost; }
};

// An Error if the series has nothing to compare.
[[nodiscard]] Result<CompareReport> compare(Series series, const CompareOptions& options);

// The bounds in which 99 of 100 intervals lie.
struct Band {
  double low = 0;
  double high = 0;
  [[nodiscard]] bool has(double value) const { return value >= low && value <= high; }
};
[[nodiscard]] Band band_of(const Fluctuation& all, Window window);

}  // namespace cgtally::compare
