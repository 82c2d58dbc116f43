// SPDX-License-Identifier: Apache-2.0
// The distribution of a run's burst lengths, volumes and gaps, in bounded memory (about 4000
// buckets for any number of values). A percentile is a value that was added, at most 1/64 below the
// exact one; the least and the greatest value are exact. Values cannot be removed.
#pragma once

#include <cstdint>
#include <map>

namespace cgtally {

class Histogram {
 public:
  void add(std::uint64_t value);
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t least() const { return least_; }
  [[nodiscard]] std::uint64_t greatest() const { return greatest_; }
  // The `part`-quantile (0 to 1), at most 1/64 below the exact value; 0 if nothing was added.
  [[nodiscard]] std::uint64_t percentile(double part) const;

 private:
  struct Bucket {
    std::uint64_t count = 0;
    std::uint64_t least = 0;
  };
  std::map<std::uint64_t, Bucket> buckets_;  // by the least value that falls into the bucket
  std::uint64_t count_ = 0;
  std::uint64_t least_ = 0;
  std::uint64_t greatest_ = 0;
};

}  // namespace cgtally
