// SPDX-License-Identifier: Apache-2.0
// The tests of all windows first, then the fit of those that are over their bound, the clearest
// first; what a stretch covers is not tested again.
#include "core/compare/scan.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/compare/statistics.h"

namespace cgtally::compare {
namespace {

// Of one quantity and one direction, half on the whole run.
constexpr double kErrorOfWhole = kFalseAlarms / 4 / 2;
constexpr double kErrorOfWindows = kErrorOfWhole;
constexpr double kEven = 16;              // windows of a length that have about the same bound
constexpr std::size_t kMostReached = 2;   // intervals that a fit moves an end outwards
constexpr double kPartly = 3;             // deviates of an interval that is affected in part
constexpr double kPartlyBesideWhole = 2;  // the same beside one that is missing as a whole
constexpr double kWhole = 0.95;
constexpr double kLeastPart = 0.02;
constexpr double kConstantAtMost = 0.5;  // a greater part that is missing is an outage, with ends
constexpr double kCostOfAnEnd = 2;       // in logarithms of the number of intervals, as in BIC
constexpr int kMostRounds = 50;

struct Tested {
  Window window;
  double excess = 0;  // of the deviate over its bound
  double sign = 0;
};

double bound_of(std::size_t power, std::size_t index) {
  const auto j = static_cast<double>(power);
  const auto k = static_cast<double>(index);
  const double weight = kEven / ((j + 1) * (j + 2) * (k + kEven) * (k + kEven + 1));
  return deviate_of(kErrorOfWindows * weight);
}

void test(const Fluctuation& all, Window window, double bound, std::vector<Tested>& over) {
  const double deviate = all.deviate(window);
  // The bounds are at least 3: the deviate need not be computed as a tail.
  if (std::abs(deviate) <= bound) return;
  over.push_back(
      {.window = window, .excess = std::abs(deviate) - bound, .sign = deviate < 0 ? -1.0 : 1.0});
}

// All windows over their bounds, the clearest first.
std::vector<Tested> test_all(const Fluctuation& all) {
  std::vector<Tested> over;
  const std::size_t count = all.size();
  if (count == 0) return over;
  test(all, {0, count}, bound_of_whole_run(), over);
  for (std::size_t power = 0, length = 1; length <= count; ++power, length *= 2) {
    const std::size_t step = std::max<std::size_t>(1, length / 4);
    for (std::size_t index = 0; index * step + length <= count; ++index) {
      const Window window{index * step, index * step + length};
      // Bounds are dear to compute, and never below that of the whole run's.
      if (std::abs(all.deviate(window)) > bound_of_whole_run()) {
        test(all, window, bound_of(power, index), over);
      }
    }
  }
  std::ranges::stable_sort(over, std::greater<>{}, &Tested::excess);
  return over;
}

// Fits the ends of one stretch within `room`.
class Fit {
 public:
  Fit(const Fluctuation& all, Window room, double sign) : all_(all), room_(room), sign_(sign) {}

  [[nodiscard]] Window ends(Window start) const {
    Window best = start;
    for (int round = 0; round < kMostRounds; ++round) {
      Window next = best_last(best);
      next = best_first(next);
      if (next == best) break;
      best = next;
    }
    return to_the_ends_of_the_room(with_partly_affected(best));
  }

 private:
  // Grows with the likelihood.
  [[nodiscard]] double score(Window window) const {
    const double apart = sign_ * all_.difference(window);
    const double variance = all_.variance_of_parts(window);
    return apart > 0 && variance > 0 ? apart * apart / variance : 0;
  }
  [[nodiscard]] Window best_last(Window window) const {
    Window best = window;
    for (std::size_t last = window.first + 1; last <= room_.last; ++last) {
      if (score({window.first, last}) > score(best)) best.last = last;
    }
    return best;
  }
  [[nodiscard]] Window best_first(Window window) const {
    Window best = window;
    for (std::size_t first = room_.first; first < window.last; ++first) {
      if (score({first, window.last}) > score(best)) best.first = first;
    }
    return best;
  }
  // Beside an interval that is affected in part as well the stretch has ended already.
  [[nodiscard]] bool is_partly_affected(std::size_t interval, std::size_t beside) const {
    const Window one{interval, interval + 1};
    const Window next{beside, beside + 1};
    const bool whole = std::abs(all_.difference(next)) >= kWhole * all_.expected(next);
    const double apart = sign_ * all_.difference(one);
    if (apart < kLeastPart * all_.expected(one)) return false;
    return apart > (whole ? kPartlyBesideWhole : kPartly) * std::sqrt(all_.variance_of_parts(one));
  }
  [[nodiscard]] Window with_partly_affected(Window window) const {
    for (std::size_t i = 0; i < kMostReached && window.first > room_.first &&
                            is_partly_affected(window.first - 1, window.first);
         ++i) {
      --window.first;
    }
    for (std::size_t i = 0; i < kMostReached && window.last < room_.last &&
                            is_partly_affected(window.last, window.last - 1);
         ++i) {
      ++window.last;
    }
    return window;
  }
  // A small part that is missing all the time: chance alone makes the fit end early. An end has to
  // be worth what Schwarz's criterion asks of a parameter.
  [[nodiscard]] Window to_the_ends_of_the_room(Window window) const {
    if (std::abs(all_.difference(window)) > kConstantAtMost * all_.expected(window)) return window;
    const double worth = kCostOfAnEnd * std::log(static_cast<double>(all_.size()));
    const auto prefer = [&](Window wider, double ends) {
      if (score(wider) >= score(window) - ends * worth) window = wider;
    };
    prefer(room_, 2);
    prefer({room_.first, window.last}, 1);
    prefer({window.first, room_.last}, 1);
    return window;
  }

  const Fluctuation& all_;
  Window room_;
  double sign_;
};

Stretch stretch_of(const Fluctuation& all, Window window, Stretch::What what) {
  return {.window = window,
          .what = what,
          .missing = -all.difference(window),
          .deviation = std::sqrt(all.variance(window))};
}

// The intervals around `window` that no stretch has; none if one has a part of the window.
std::optional<Window> room_of(const std::vector<Stretch>& found, Window window, std::size_t count) {
  Window room{0, count};
  for (const Stretch& one : found) {
    if (one.window.last <= window.first) {
      room.first = std::max(room.first, one.window.last);
    } else if (one.window.first >= window.last) {
      room.last = std::min(room.last, one.window.first);
    } else {
      return std::nullopt;
    }
  }
  return room;
}

// What was missing and came after all is late, not lost.
std::vector<Stretch> join_late(const Fluctuation& all, const std::vector<Stretch>& found) {
  std::vector<Stretch> joined;
  for (const Stretch& one : found) {
    if (!joined.empty()) {
      Stretch& before = joined.back();
      const std::size_t apart = one.window.first - before.window.last;
      const Window both{before.window.first, one.window.last};
      const bool opposite = before.missing * one.missing < 0;
      const bool near = apart <= std::max<std::size_t>(2, before.window.size());
      if (opposite && near && std::abs(all.deviate(both)) <= bound_of_whole_run()) {
        const double late = std::max(before.missing, one.missing);
        before = stretch_of(all, both, Stretch::What::late);
        before.missing = late;
        continue;
      }
    }
    joined.push_back(one);
  }
  return joined;
}

}  // namespace

double bound_of_whole_run() {
  static const double kBound = deviate_of(kErrorOfWhole);
  return kBound;
}

std::vector<Stretch> find_stretches(const Fluctuation& all) {
  std::vector<Stretch> found;
  for (const Tested& one : test_all(all)) {
    const auto room = room_of(found, one.window, all.size());
    if (!room) continue;
    const Window fitted = Fit(all, *room, one.sign).ends(one.window);
    const bool clear = std::abs(all.deviate(fitted)) > bound_of_whole_run();
    const Window window = clear ? fitted : one.window;
    found.push_back(
        stretch_of(all, window, one.sign < 0 ? Stretch::What::missing : Stretch::What::more));
  }
  std::ranges::sort(found, {}, [](const Stretch& one) { return one.window.first; });
  return join_late(all, found);
}

}  // namespace cgtally::compare
