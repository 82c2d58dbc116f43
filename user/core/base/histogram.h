// SPDX-License-Identifier: Apache-2.0
// How values are spread, in bounded memory however many there are. A percentile is a value that was
// there, and at most one part in 64 below the true one. The least and the greatest are exact.
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
  // A value that `part` (0 to 1) of all do not exceed, but for that; 0 where there is none.
  [[nodiscard]] std::uint64_t percentile(double part) const;

 private:
  struct Bucket {
    std::uint64_t count = 0;
    std::uint64_t least = 0;
  };
  std::map<std::uint64_t, Bucket> buckets_;  // by the least value that they can have
  std::uint64_t count_ = 0;
  std::uint64_t least_ = 0;
  std::uint64_t greatest_ = 0;
};

}  // namespace cgtally
