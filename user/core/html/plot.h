// SPDX-License-Identifier: Apache-2.0
// Plot: one diagram over time as SVG. Colours are classes (c0 to c5), which the page's style sheet
// sets for light and dark. Values are steps: each holds for the whole of its slot.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/html/scale.h"

namespace cgtally::html {

// Between two moments the value lies between two bounds; where the next one does not begin at the
// end, nothing is drawn.
struct Step {
  Nanoseconds begin{};
  Nanoseconds end{};
  double low = 0;
  double high = 0;
};

struct PlotSize {
  int width = 0;
  int height = 0;
  std::size_t time_marks = 0;
};
// Two sizes of each plot, of which the page shows the one that fits.
inline constexpr PlotSize kWidePlot{.width = 960, .height = 260, .time_marks = 8};
inline constexpr PlotSize kNarrowPlot{.width = 380, .height = 220, .time_marks = 4};

struct PlotFrame {
  Nanoseconds begin{};
  Nanoseconds end{};
  double top = 0;  // the greatest value
  Quantity quantity = Quantity::bit_rate;
};

// Draws in the order of the calls. `css_class` as "c0". Used by plots.cpp.
class Plot {
 public:
  Plot(const PlotFrame& frame, const PlotSize& size);

  void area(const std::vector<Step>& steps, std::string_view css_class);  // from low to high
  void line(const std::vector<Step>& steps, std::string_view css_class);  // at high
  // A rule across the plot with words at its right end.
  void level(double value, std::string_view words);
  // From the axis up to the value, with words that a pointer shows.
  void stem(Nanoseconds wall, double value, std::string_view css_class, std::string_view words);
  // A moment, as a tick above the plot.
  void moment(Nanoseconds wall, std::string_view css_class, std::string_view words);

  // `words` describe it to those who do not see it.
  [[nodiscard]] std::string svg(std::string_view words, std::string_view css_class) &&;

 private:
  [[nodiscard]] double x(Nanoseconds wall) const;
  [[nodiscard]] double y(double value) const;
  [[nodiscard]] std::string axes() const;
  [[nodiscard]] std::string outline(const std::vector<Step>& steps, std::size_t first,
                                    std::size_t last, bool high) const;

  PlotFrame frame_;
  PlotSize size_;
  std::vector<Mark> values_;
  std::string body_;
};

}  // namespace cgtally::html
