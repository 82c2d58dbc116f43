// SPDX-License-Identifier: Apache-2.0
#include "core/base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cgtally {
namespace {

constexpr int kKeptBits = 7;

// Values with the same seven leading bits share a bucket.
std::uint64_t bucket_of(std::uint64_t value) {
  const int dropped = std::max(0, static_cast<int>(std::bit_width(value)) - kKeptBits);
  return value >> dropped << dropped;
}

}  // namespace

void Histogram::add(std::uint64_t value) {
  Bucket& bucket = buckets_[bucket_of(value)];
  bucket.least = bucket.count == 0 ? value : std::min(bucket.least, value);
  ++bucket.count;
  least_ = count_ == 0 ? value : std::min(least_, value);
  greatest_ = std::max(greatest_, value);
  ++count_;
}

std::uint64_t Histogram::percentile(double part) const {
  const auto wanted =
      static_cast<std::uint64_t>(std::max(1.0, std::ceil(part * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (const auto& [from, bucket] : buckets_) {
    seen += bucket.count;
    if (seen >= wanted) return bucket.least;
  }
  return 0;
}

}  // namespace cgtally
