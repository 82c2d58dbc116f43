// SPDX-License-Identifier: Apache-2.0
// A simulated host whose bucket can be read: a true token bucket in fine steps, an application that
// sends in changing shapes, and an allowance counter that may rise although credits are left. The
// seed determines everything.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <random>

namespace cgtally::model {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  double between(double lo, double hi) {
    constexpr double kStep = 0x1.0p-53;
    return lo + (hi - lo) * static_cast<double>(engine_() >> 11) * kStep;
  }
  double log_between(double lo, double hi) { return std::exp(between(std::log(lo), std::log(hi))); }
  int one_of(int count) { return std::min(count - 1, static_cast<int>(between(0, count))); }
  bool chance(double share) { return between(0, 1) < share; }
  // Mean 0, deviation 1, near enough to normal.
  double noise() {
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += between(0, 1);
    return sum - 6;
  }

 private:
  std::mt19937_64 engine_;  // the standard fixes its sequence
};

enum class CounterKind { none, honest, noisy };

struct TrueTerms {
  double baseline = 0;  // bytes per second, as it is enforced
  double peak = 0;
  double capacity = 0;
  CounterKind counter = CounterKind::none;
};

struct Passed {
  double bytes = 0;
  double packets = 0;
  double exceeded = 0;
};

class SimulatedHost {
 public:
  SimulatedHost(const TrueTerms& terms, double balance) : terms_(terms), balance_(balance) {}

  // `wanted` bytes per second for `seconds`; `duty` < 1: in the first or last part only.
  Passed run(Dice& dice, double wanted, double seconds, double duty) {
    constexpr int kSteps = 8;
    const double step = seconds / kSteps;
    const bool early = dice.chance(0.5);
    double limited = 0;
    Passed passed;
    for (int i = 0; i < kSteps; ++i) {
      const double at = (i + 0.5) / kSteps;
      const bool on = duty >= 1 || (early ? at < duty : at > 1 - duty);
      const double want = on ? wanted / std::max(duty, 1.0 / kSteps) * step : 0;
      const double earned = terms_.baseline * step;
      const double sent = std::min({want, balance_ + earned, terms_.peak * step});
      // Spending first or earning first, within a step too.
      balance_ = dice.chance(0.5)
                     ? std::min(terms_.capacity, balance_ + earned - sent)
                     : std::max(0.0, std::min(terms_.capacity, balance_ + earned) - sent);
      passed.bytes += sent;
      if (sent < want * 0.999 && sent < terms_.peak * step * 0.999) limited += sent;
    }
    passed.packets = passed.bytes / 1200;
    const double share = passed.bytes > 0 ? limited / passed.bytes : 0;
    passed.exceeded = passed.packets * share * dice.between(0.5, 1.1);
    const bool near = passed.bytes > 0.7 * terms_.baseline * seconds;
    if (terms_.counter == CounterKind::noisy && near && share < 0.5) {
      passed.exceeded += passed.packets * dice.between(0.12, 0.37);
    }
    return passed;
  }

  void refill() { balance_ = terms_.capacity; }
  [[nodiscard]] double balance() const { return balance_; }
  [[nodiscard]] const TrueTerms& terms() const { return terms_; }

 private:
  TrueTerms terms_;
  double balance_;
};

enum class Shape { idle, steady, bursty, on_off, saturating, near_baseline };
inline constexpr int kShapes = 6;

// The rate that the application wants in one stretch of time.
class Demand {
 public:
  // A steady sender is kept out of the baseline +- `blind`, a share of it; the test says why.
  Demand(Dice& dice, double baseline, double peak, double blind)
      : shape_(static_cast<Shape>(dice.one_of(kShapes))), peak_(peak) {
    constexpr double kWobbles[] = {0, 0.005, 0.03, 0.1, 0.3};
    wobble_ = kWobbles[dice.one_of(5)];
    level_ = shape_ == Shape::near_baseline ? baseline * dice.between(0.85, 1.15)
                                            : baseline * dice.log_between(0.05, 20);
    const double off = level_ / baseline - 1;
    if (wobble_ < 0.03 && std::abs(off) < blind)
      level_ = baseline * (1 + std::copysign(blind, off));
    period_s_ = dice.log_between(1, 60);
  }

  double next(Dice& dice, double seconds) {
    at_s_ += seconds;
    if (at_s_ >= redraw_s_) {
      factor_ = std::max(0.0, 1 + wobble_ * dice.noise());
      redraw_s_ = at_s_ + 1;
    }
    switch (shape_) {
      case Shape::idle:
        return 0;
      case Shape::saturating:
        return 3 * peak_;
      case Shape::bursty:
        duty_ = dice.between(0.1, 1);
        return -level_ * std::log(std::max(1e-9, dice.between(0, 1)));
      case Shape::on_off:
        return std::fmod(at_s_, 2 * period_s_) < period_s_ ? level_ * factor_ : 0;
      case Shape::steady:
      case Shape::near_baseline:
        break;
    }
    return level_ * factor_;
  }
  [[nodiscard]] double duty() const { return duty_; }

 private:
  Shape shape_;
  double peak_;
  double wobble_ = 0;
  double level_ = 0;
  double period_s_ = 1;
  double duty_ = 1;
  double at_s_ = 0;
  double redraw_s_ = 0;
  double factor_ = 1;
};

}  // namespace cgtally::model
