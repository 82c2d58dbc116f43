// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/detector.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace cgtally {
namespace {

using Wide = unsigned __int128;

constexpr Wide kBitNanoseconds = Wide{8} * 1'000'000'000;  // of a byte in a second

Nanoseconds at(std::uint64_t window_index, Nanoseconds window) {
  return window * static_cast<Nanoseconds::rep>(window_index);
}

bool half_of(Bytes limit, Bytes bytes) { return Wide{bytes.value} * 2 >= limit.value; }

}  // namespace

Nanoseconds Burst::start() const { return at(first, window); }
Nanoseconds Burst::end() const { return at(last + 1, window); }
BitRate Burst::peak_rate() const { return rate(peak, window).value_or(BitRate{}); }
BitRate Burst::mean_rate() const { return rate(bytes, length()).value_or(BitRate{}); }

std::uint64_t BurstDetector::span() const {
  const std::uint64_t one = limit_of(1).value;
  if (one == 0) return rule_.span.value == 0 ? 1 : kLongestSpan;
  const std::uint64_t windows = rule_.span.value / one + (rule_.span.value % one == 0 ? 0 : 1);
  return std::clamp<std::uint64_t>(windows, 1, kLongestSpan);
}

Bytes BurstDetector::limit_of(std::uint64_t windows) const {
  const Wide limit = Wide{rule_.threshold.bits_per_second} * static_cast<Wide>(window_.count()) *
                     Wide{windows} / kBitNanoseconds;
  constexpr Wide kMost = std::numeric_limits<std::uint64_t>::max();
  return Bytes{static_cast<std::uint64_t>(std::min(limit, kMost))};
}

// The bytes of the `windows` windows up to and including `last`.
Bytes BurstDetector::in_span(std::uint64_t last, std::uint64_t windows) const {
  Bytes sum;
  for (auto one = recent_.rbegin(); one != recent_.rend() && one->first + windows > last; ++one) {
    sum += one->second;
  }
  return sum;
}

void BurstDetector::remember(const TrafficWindow& window) {
  if (window.bytes.value == 0) return;
  recent_.emplace_back(window.window_index, window.bytes);
  while (recent_.front().first + kLongestSpan <= window.window_index) recent_.pop_front();
}

std::vector<Burst> BurstDetector::process(const std::vector<TrafficWindow>& windows,
                                          std::uint64_t through,
                                          const std::optional<MissedWindows>& missed) {
  std::vector<Burst> ended;
  std::optional<MissedWindows> gap = missed;
  // The windows after the gap prove nothing about the gap, so it is passed once, at its beginning.
  const auto pass_gap = [&](std::uint64_t window_index) {
    if (!gap || window_index < gap->from) return;
    evaluate_silence(gap->from, ended);
    close_before_gap(ended);
    last_gap_ = std::exchange(gap, std::nullopt);
  };
  for (const TrafficWindow& window : windows) {
    if (window.window_index < next_) {
      add_late(window);
      continue;
    }
    pass_gap(window.window_index);
    evaluate_silence(window.window_index, ended);
    evaluate(window, ended);
  }
  pass_gap(std::numeric_limits<std::uint64_t>::max());
  if (through >= next_) evaluate_silence(through + 1, ended);
  return ended;
}

// Windows before `until` without traffic. Once no burst is open, they need not be walked through.
void BurstDetector::evaluate_silence(std::uint64_t until, std::vector<Burst>& ended) {
  TrafficWindow silent;
  while (next_ < until && open_) {
    silent.window_index = next_;
    evaluate(silent, ended);
  }
  next_ = std::max(next_, until);
}

void BurstDetector::evaluate(const TrafficWindow& window, std::vector<Burst>& ended) {
  next_ = window.window_index + 1;
  remember(window);
  if (open_) {
    evaluate_open(window, ended);
  } else if (in_span(window.window_index, span()) > limit_of(span())) {
    open(window);
  } else {
    unclaimed_.push_back(window);
    while (unclaimed_.front().window_index + span() < window.window_index) unclaimed_.pop_front();
  }
}

void BurstDetector::evaluate_open(const TrafficWindow& window, std::vector<Burst>& ended) {
  const Bytes bytes = in_span(window.window_index, open_->span);
  if (bytes > open_->limit) {
    for (const TrafficWindow& dip : std::exchange(open_->tail, {})) add(*open_, dip);
    add(*open_, window);
    open_->quiet = 0;
    return;
  }
  open_->tail.push_back(window);
  open_->quiet = half_of(open_->limit, bytes) ? 0 : open_->quiet + 1;
  if (open_->quiet == kQuietWindows || open_->tail.size() == kCalmWindows) {
    end(ended, false);
    if (window.bytes.value > 0) unclaimed_.push_back(window);
  }
}

void BurstDetector::open(const TrafficWindow& window) {
  open_ = Open{};
  open_->least = rule_.least;
  open_->span = span();
  open_->limit = limit_of(open_->span);
  open_->burst.window = window_;
  open_->burst.threshold = rule_.threshold;
  open_->burst.first = window.window_index;
  for (const TrafficWindow& before : std::exchange(unclaimed_, {})) {
    const bool edge = before.window_index + 1 == window.window_index &&
                      half_of(open_->limit, before.bytes) && before.bytes.value > 0;
    const bool in_span = before.window_index + open_->span > window.window_index;
    if (!edge && !in_span) continue;
    open_->burst.first = std::min(open_->burst.first, before.window_index);
    add(*open_, before);
  }
  add(*open_, window);
  open_->burst.incomplete = last_gap_ && open_->burst.first <= last_gap_->to;
}

// A named account had at least its share, and at most its share plus the window's error; that error
// cannot exceed the bytes that no share holds.
void BurstDetector::add(Open& open, const TrafficWindow& window) {
  Burst& burst = open.burst;
  if (window.bytes.value > 0) burst.last = std::max(burst.last, window.window_index);
  burst.bytes += window.bytes;
  burst.packets += window.packets;
  burst.peak = std::max(burst.peak, window.bytes);
  std::uint64_t named = 0;
  for (const AccountShare& share : window.shares) {
    BurstShare& sum = open.shares[share.account];
    sum.account = share.account;
    sum.least += share.least;
    named += share.least.value;
  }
  const std::uint64_t rest = window.bytes.value - std::min(named, window.bytes.value);
  open.unattributed += Bytes{std::min(window.error.value, rest)};
  if (open.shares.size() > kMostAccounts) forget_lightest(open);
}

// Drops half of the accounts at once, so that this happens seldom. An account that comes again
// begins at 0, and its upper bound includes the unattributed bytes.
void BurstDetector::forget_lightest(Open& open) {
  std::vector<Bytes> sums;
  for (const auto& [account, share] : open.shares) sums.push_back(share.least);
  const auto middle = sums.begin() + static_cast<std::ptrdiff_t>(kMostAccounts / 2);
  std::ranges::nth_element(sums, middle, std::greater{});
  std::erase_if(open.shares, [&](const auto& one) {
    if (one.second.least > *middle) return false;
    open.unattributed += one.second.least;
    return true;
  });
}

void BurstDetector::add_late(const TrafficWindow& part) {
  if (open_ && part.window_index >= open_->burst.first) {
    const auto dip =
        std::ranges::find(open_->tail, part.window_index, &TrafficWindow::window_index);
    if (dip == open_->tail.end()) {
      const Bytes peak = open_->burst.peak;  // a part of a window is no window's total
      add(*open_, part);
      open_->burst.peak = peak;
    } else {
      dip->bytes += part.bytes;
      dip->packets += part.packets;
      dip->error += part.error;
    }
    return;
  }
  late_ += part.bytes;
}

// The burst may have gone on in the missed windows.
void BurstDetector::close_before_gap(std::vector<Burst>& ended) {
  recent_.clear();
  unclaimed_.clear();
  if (open_) end(ended, true);
}

void BurstDetector::end(std::vector<Burst>& ended, bool incomplete) {
  auto burst = close();
  if (!burst) return;
  burst->incomplete |= incomplete;
  ended.push_back(*std::move(burst));
}

std::optional<Burst> BurstDetector::close() {
  Open open = std::move(*open_);
  open_.reset();
  const bool edge = !open.tail.empty() && half_of(open.limit, open.tail.front().bytes) &&
                    open.tail.front().bytes.value > 0;
  if (edge) add(open, open.tail.front());
  if (open.burst.bytes < open.least) return std::nullopt;
  return with_shares(open);
}

Burst BurstDetector::with_shares(const Open& open) {
  Burst burst = open.burst;
  for (const auto& [account, share] : open.shares) {
    const Bytes most{std::min(share.least.value + open.unattributed.value, burst.bytes.value)};
    burst.shares.push_back({.account = account, .least = share.least, .most = most});
  }
  std::ranges::stable_sort(burst.shares, std::greater{}, &BurstShare::least);
  return burst;
}

std::optional<std::uint64_t> BurstDetector::open_since() const {
  return open_ ? std::optional(open_->burst.first) : std::nullopt;
}

std::optional<Burst> BurstDetector::so_far() const {
  if (!open_ || open_->burst.bytes < open_->least) return std::nullopt;
  return with_shares(*open_);
}

std::optional<Burst> BurstDetector::finish() {
  if (!open_) return std::nullopt;
  return close();
}

}  // namespace cgtally
