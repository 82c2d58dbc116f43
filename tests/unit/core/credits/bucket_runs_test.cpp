// SPDX-License-Identifier: Apache-2.0
// Buckets of real instances: each measured run is replayed as a series of one-second readings. The
// capacity learned from one run predicts when another bucket of the same type was empty.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "core/credits/bucket.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

struct MeasuredRun {
  std::string type;
  int seconds_to_empty = 0;
  double before = 0;  // bytes per second
  double after = 0;
  int samples = 0;  // all that were recorded
};

std::vector<MeasuredRun> measured_runs() {
  std::ifstream file(std::string(CGTALLY_SOURCE_DIR) + "/tests/data/token_bucket_runs.csv");
  std::vector<MeasuredRun> runs;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> fields;
    std::istringstream fields_of(line);
    for (std::string field; std::getline(fields_of, field, ',');) fields.push_back(field);
    constexpr double kBytesPerGbit = 1e9 / 8;
    const int seconds = std::stoi(fields.at(5));
    runs.push_back({.type = fields.at(0),
                    .seconds_to_empty = seconds,
                    .before = std::stod(fields.at(6)) * kBytesPerGbit / seconds,
                    .after = std::stod(fields.at(4)) * kBytesPerGbit,
                    .samples = std::stoi(fields.at(8))});
  }
  return runs;
}

// As the table of types gives them; whether it counts headers below IP it does not say.
CreditTerms terms_of(const MeasuredRun& run) {
  return {.baseline = {run.type == "c5.large" ? 750'000'000U : 1'250'000'000U},
          .burst = {10'000'000'000},
          .capacity = {.lo = 1e11, .hi = 2e12},
          .capacity_basis = Basis::prior,
          .baseline_tolerance = 0.02};
}

void replay(Bucket& bucket, const MeasuredRun& run, int from, int to) {
  for (int at = from; at < to; ++at) {
    const double rate = at < run.seconds_to_empty ? run.before : run.after;
    bucket.advance({.now = second(at + 1),
                    .elapsed = 1s,
                    .charged = {static_cast<std::uint64_t>(rate)},
                    .packets = {static_cast<std::uint64_t>(rate / 8949)},
                    .exceeded = std::nullopt,
                    .has_counter = false});
  }
}

// The capacity that the model learned, from the recorded seconds and no others.
double learned_from(const MeasuredRun& run) {
  Bucket bucket{terms_of(run), BucketStart::full, second(0)};
  replay(bucket, run, 0, run.samples);
  EXPECT_EQ(bucket.state(), CreditState::exhausted);
  EXPECT_EQ(bucket.capacity_basis(), Basis::learned);
  const auto capacity = bucket.capacity();
  return (capacity.lo + capacity.hi) / 2;
}

struct Prediction {
  double error = 0;       // of the middle, as a share of the whole time
  double half_width = 0;  // likewise
  bool contained = false;
};

Prediction predict(const MeasuredRun& run, double capacity, int after_s) {
  CreditTerms terms = terms_of(run);
  terms.capacity = learned_elsewhere(capacity);
  terms.capacity_basis = Basis::learned;
  Bucket bucket{terms, BucketStart::full, second(0)};
  replay(bucket, run, 0, after_s);
  const auto time = bucket.time_to_empty();
  if (!time || !time->hi_s) return {.error = 1, .half_width = 1, .contained = false};
  const double lo = after_s + time->lo_s;
  const double hi = after_s + *time->hi_s;
  const double truth = run.seconds_to_empty;
  return {.error = std::abs((lo + hi) / 2 / truth - 1),
          .half_width = (hi - lo) / (hi + lo),
          .contained = lo <= truth && truth <= hi};
}

struct Summary {
  double median_error = 0;
  double worst_error = 0;
  double widest = 0;
  double contained = 0;  // share
  std::size_t pairs = 0;
};

// `share`: of the drain that has gone by when it is predicted.
Summary all_pairs(double share) {
  const auto runs = measured_runs();
  std::vector<double> capacities;
  for (const auto& run : runs) capacities.push_back(learned_from(run));
  std::vector<double> errors;
  Summary summary;
  for (std::size_t from = 0; from < runs.size(); ++from) {
    for (std::size_t to = 0; to < runs.size(); ++to) {
      if (from == to || runs[from].type != runs[to].type) continue;
      const int after_s = std::max(5, static_cast<int>(share * runs[to].seconds_to_empty));
      const Prediction p = predict(runs[to], capacities[from], after_s);
      errors.push_back(p.error);
      summary.widest = std::max(summary.widest, p.half_width);
      summary.contained += p.contained ? 1 : 0;
    }
  }
  std::sort(errors.begin(), errors.end());
  summary.pairs = errors.size();
  summary.median_error = errors.at(errors.size() / 2);
  summary.worst_error = errors.back();
  summary.contained /= static_cast<double>(errors.size());
  return summary;
}

TEST(BucketRuns, OneMeasuredRunPredictsWhenTheOthersOfItsTypeWereEmpty) {
  for (const double share : {0.0, 0.5}) {
    const Summary s = all_pairs(share);
    std::printf(
        "after %2.0f %%: %zu pairs, error median %.2f %% worst %.2f %%, contained %.2f %%, "
        "widest +-%.2f %%\n",
        100 * share, s.pairs, 100 * s.median_error, 100 * s.worst_error, 100 * s.contained,
        100 * s.widest);
    EXPECT_EQ(s.pairs, 14U * 13U + 10U * 9U);
    EXPECT_LE(s.median_error, 0.02);
    EXPECT_LE(s.worst_error, 0.10);
    EXPECT_GE(s.contained, 0.99);
    EXPECT_LE(s.widest, 0.10);
  }
}

}  // namespace
}  // namespace cgtally
