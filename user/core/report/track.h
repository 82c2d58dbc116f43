// SPDX-License-Identifier: Apache-2.0
// Track: a value over time, such as a rate, in a bounded number of slots, however long a recording
// is. When it becomes longer the slots become wider; each keeps its lowest, mean and highest value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/units.h"

namespace cgtally::report {

// What is known of one slot. Without covered time nothing was recorded.
struct Slot {
  float sum = 0;  // value times seconds: bits, of a rate in bit/s
  float covered_s = 0;
  float least = 0;
  float most = 0;

  [[nodiscard]] bool recorded() const { return covered_s > 0; }
  [[nodiscard]] double mean() const { return recorded() ? double{sum} / covered_s : 0; }
  void merge(const Slot& other);
};

// A rate of an interface or an account, or a balance; plots are made of it. Slots begin at whole
// multiples of their width since 1970, so that tracks of one width lie side by side.
class Track {
 public:
  static constexpr std::size_t kMostSlots = 2048;
  static constexpr Nanoseconds kLeastWidth = std::chrono::microseconds{15'625};

  // The value between two moments of wall time.
  void add(Nanoseconds begin, Nanoseconds end, double value);
  // Makes slots at least as wide as that, and at most so many.
  void widen(Nanoseconds width, std::size_t most_slots);

  [[nodiscard]] bool empty() const { return slots_.empty(); }
  [[nodiscard]] Nanoseconds width() const { return width_; }
  [[nodiscard]] Nanoseconds begin_of(std::size_t slot) const;
  [[nodiscard]] const std::vector<Slot>& slots() const { return slots_; }
  // The slot that begins at that moment; an empty one if it was not recorded.
  [[nodiscard]] Slot at(Nanoseconds begin) const;

 private:
  [[nodiscard]] std::int64_t index_of(Nanoseconds wall) const;
  void make_room(std::int64_t first, std::int64_t last);
  void double_width();

  Nanoseconds width_ = kLeastWidth;
  std::int64_t first_ = 0;  // index of slots_[0]
  std::vector<Slot> slots_;
};

}  // namespace cgtally::report
