// SPDX-License-Identifier: Apache-2.0
#include "core/html/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/timestamp.h"

namespace cgtally::html {
namespace {

// 1, 2, 2.5 or 5 times a power of ten.
double round_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// One unit for the whole axis, that of its greatest mark; the number as short as it is exact.
std::string axis_words(double value, double top, Quantity quantity) {
  constexpr std::array<std::string_view, 6> kRates{"bit/s",  "kbit/s", "Mbit/s",
                                                   "Gbit/s", "Tbit/s", "Pbit/s"};
  constexpr std::array<std::string_view, 6> kBytes{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (top >= 1000 && unit + 1 < kRates.size()) {
    top /= 1000;
    value /= 1000;
    ++unit;
  }
  if (value == 0) return "0";
  return fmt::format("{} {}", fmt::format("{:.6g}", value),
                     (quantity == Quantity::bytes ? kBytes : kRates).at(unit));
}

std::int64_t in_seconds(Nanoseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

}  // namespace

std::vector<Mark> value_marks(double top, std::size_t most, Quantity quantity) {
  const double step = round_step(std::max(top, 1.0) / static_cast<double>(most));
  const auto count = static_cast<std::size_t>(std::ceil(std::max(top, 1.0) / step - 1e-9));
  std::vector<Mark> marks;
  for (std::size_t i = 0; i <= count; ++i) {
    const double value = step * static_cast<double>(i);
    marks.push_back({value, axis_words(value, step * static_cast<double>(count), quantity)});
  }
  return marks;
}

std::vector<Mark> time_marks(Nanoseconds begin, Nanoseconds end, std::size_t most) {
  constexpr std::int64_t kDay = 86'400;
  constexpr std::array<std::int64_t, 20> kSteps{
      1,   2,    5,    10,   15,     30,     60,     120,  300,      600,
      900, 1800, 3600, 7200, 10'800, 21'600, 43'200, kDay, 2 * kDay, 7 * kDay};
  const std::int64_t length = std::max<std::int64_t>(in_seconds(end - begin), 1);
  std::int64_t step = kSteps.back();
  for (const std::int64_t one : kSteps) {
    if (length / one <= static_cast<std::int64_t>(most)) {
      step = one;
      break;
    }
  }
  while (length / step > static_cast<std::int64_t>(most)) step *= 2;
  std::vector<Mark> marks;
  std::int64_t second = in_seconds(begin);
  if (Nanoseconds(std::chrono::seconds{second}) < begin) ++second;
  second += (step - second % step) % step;
  for (; std::chrono::seconds{second} <= end; second += step) {
    const std::string time = format_date_time(std::chrono::seconds{second});  // "2026-11-20 11:..."
    const std::string clock = time.substr(11, step % 60 == 0 ? 5 : 8);
    const Nanoseconds wall = std::chrono::seconds{second};
    marks.push_back(
        {static_cast<double>(wall.count()), second % kDay == 0 ? time.substr(5, 5) : clock});
  }
  return marks;
}

}  // namespace cgtally::html
