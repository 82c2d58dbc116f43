// SPDX-License-Identifier: Apache-2.0
#include "core/report/track.h"

#include <algorithm>

namespace cgtally::report {
namespace {

double seconds_of(Nanoseconds span) { return std::chrono::duration<double>(span).count(); }

// Rounds down, also before 1970.
std::int64_t half_of(std::int64_t index) { return index >> 1; }

}  // namespace

void Slot::merge(const Slot& other) {
  if (!other.recorded()) return;
  least = recorded() ? std::min(least, other.least) : other.least;
  most = recorded() ? std::max(most, other.most) : other.most;
  sum += other.sum;
  covered_s += other.covered_s;
}

Nanoseconds Track::begin_of(std::size_t slot) const {
  return width_ * (first_ + static_cast<std::int64_t>(slot));
}

std::int64_t Track::index_of(Nanoseconds wall) const {
  const std::int64_t index = wall / width_;
  return wall < width_ * index ? index - 1 : index;
}

Slot Track::at(Nanoseconds begin) const {
  const std::int64_t place = index_of(begin) - first_;
  if (place < 0 || place >= static_cast<std::int64_t>(slots_.size())) return {};
  return slots_[static_cast<std::size_t>(place)];
}

void Track::double_width() {
  const std::int64_t first = half_of(first_);
  std::vector<Slot> merged;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const auto place =
        static_cast<std::size_t>(half_of(first_ + static_cast<std::int64_t>(i)) - first);
    if (place >= merged.size()) merged.resize(place + 1);
    merged[place].merge(slots_[i]);
  }
  slots_ = std::move(merged);
  first_ = first;
  width_ *= 2;
}

void Track::widen(Nanoseconds width, std::size_t most_slots) {
  while (width_ < width || slots_.size() > most_slots) double_width();
}

void Track::make_room(std::int64_t first, std::int64_t last) {
  if (slots_.empty()) first_ = first;
  if (first < first_) {
    slots_.insert(slots_.begin(), static_cast<std::size_t>(first_ - first), Slot{});
    first_ = first;
  }
  const auto needed = static_cast<std::size_t>(last - first_) + 1;
  if (needed > slots_.size()) slots_.resize(needed);
}

void Track::add(Nanoseconds begin, Nanoseconds end, double value) {
  if (end <= begin) return;
  const Nanoseconds inside = end - Nanoseconds{1};
  const auto span = [&] {
    const std::int64_t first = index_of(begin);
    const std::int64_t last = index_of(inside);
    const auto now_last = first_ + static_cast<std::int64_t>(slots_.size()) - 1;
    return slots_.empty() ? last - first : std::max(last, now_last) - std::min(first, first_);
  };
  while (span() >= static_cast<std::int64_t>(kMostSlots)) double_width();
  make_room(index_of(begin), index_of(inside));
  const auto same = static_cast<float>(value);
  for (std::int64_t i = index_of(begin); i <= index_of(inside); ++i) {
    const Nanoseconds from = std::max(begin, width_ * i);
    const double part_s = seconds_of(std::min(end, width_ * (i + 1)) - from);
    slots_[static_cast<std::size_t>(i - first_)].merge({.sum = static_cast<float>(value * part_s),
                                                        .covered_s = static_cast<float>(part_s),
                                                        .least = same,
                                                        .most = same});
  }
}

}  // namespace cgtally::report
