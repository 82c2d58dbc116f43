// SPDX-License-Identifier: Apache-2.0
// Paths have one decimal, which is below a tenth of a pixel and keeps a page small.
#include "core/html/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/html/html.h"

namespace cgtally::html {
namespace {

constexpr double kAbove = 16;  // for the ticks of moments
constexpr double kBelow = 24;  // for the words of the time axis
// The same in all plots, so that moments stand below each other; room for "250 Mbit/s".
constexpr double kLeft = 74;
constexpr double kRight = 8;
constexpr double kLetter = 6.6;  // the width of one at the size that the style sheet sets

// "12.5", "12": no more digits than it takes.
std::string point(double value) {
  const double rounded = std::round(value * 10) / 10;
  if (rounded == std::floor(rounded)) return fmt::format("{:.0f}", rounded);
  return fmt::format("{:.1f}", rounded);
}

// Whether `one` ends where `next` begins.
bool joins(const Step& one, const Step& next) { return one.end == next.begin; }

// Calls `draw` with the first and the last step of each unbroken run.
template <typename Draw>
void for_each_run(const std::vector<Step>& steps, Draw draw) {
  for (std::size_t first = 0; first < steps.size();) {
    std::size_t last = first;
    while (last + 1 < steps.size() && joins(steps[last], steps[last + 1])) ++last;
    draw(first, last);
    first = last + 1;
  }
}

}  // namespace

Plot::Plot(const PlotFrame& frame, const PlotSize& size)
    : frame_(frame), size_(size), values_(value_marks(frame.top, 4, frame.quantity)) {}

double Plot::x(Nanoseconds wall) const {
  const double length = std::max(1.0, static_cast<double>((frame_.end - frame_.begin).count()));
  const double part = static_cast<double>((wall - frame_.begin).count()) / length;
  return kLeft + (std::clamp(part, 0.0, 1.0) * (size_.width - kLeft - kRight));
}

double Plot::y(double value) const {
  const double height = size_.height - kAbove - kBelow;
  const double part = std::clamp(value / values_.back().value, 0.0, 1.0);
  return kAbove + (height * (1 - part));
}

// The upper or lower edge of a run, from left to right, without a move to its beginning.
std::string Plot::outline(const std::vector<Step>& steps, std::size_t first, std::size_t last,
                          bool high) const {
  const auto value = [&](std::size_t i) { return point(y(high ? steps[i].high : steps[i].low)); };
  std::string path = fmt::format("{} {}", point(x(steps[first].begin)), value(first));
  for (std::size_t i = first; i <= last; ++i) {
    const bool same = i < last && value(i + 1) == value(i);
    if (same) continue;
    path += fmt::format("H{}", point(x(steps[i].end)));
    if (i < last) path += fmt::format("V{}", value(i + 1));
  }
  return path;
}

void Plot::line(const std::vector<Step>& steps, std::string_view css_class) {
  std::string path;
  for_each_run(steps, [&](std::size_t first, std::size_t last) {
    path += "M" + outline(steps, first, last, true);
  });
  if (!path.empty()) body_ += fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", css_class, path);
}

void Plot::area(const std::vector<Step>& steps, std::string_view css_class) {
  std::string path;
  for_each_run(steps, [&](std::size_t first, std::size_t last) {
    path += "M" + outline(steps, first, last, true);
    std::string before;
    for (std::size_t i = last + 1; i-- > first;) {
      const std::string low = point(y(steps[i].low));
      if (low != before) {
        // From the edge above, or along the step on the right, to this one's lower edge.
        path += fmt::format("{}V{}", before.empty() ? "" : "H" + point(x(steps[i].end)), low);
      }
      before = low;
    }
    path += fmt::format("H{}Z", point(x(steps[first].begin)));
  });
  if (!path.empty()) body_ += fmt::format("<path class=\"area {}\" d=\"{}\"/>\n", css_class, path);
}

void Plot::level(double value, std::string_view words) {
  const std::string at = point(y(value));
  body_ += fmt::format("<path class=\"level\" d=\"M{} {}H{}\"/>\n", point(kLeft), at,
                       point(size_.width - kRight));
  body_ += fmt::format("<text class=\"note\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n",
                       point(size_.width - kRight - 2), point(y(value) - 4), escaped(words));
}

void Plot::stem(Nanoseconds wall, double value, std::string_view css_class,
                std::string_view words) {
  body_ += fmt::format(
      "<g class=\"stem {}\"><title>{}</title><path d=\"M{} {}V{}\"/>"
      "<circle cx=\"{}\" cy=\"{}\" r=\"2.5\"/></g>\n",
      css_class, escaped(words), point(x(wall)), point(y(0)), point(y(value)), point(x(wall)),
      point(y(value)));
}

void Plot::moment(Nanoseconds wall, std::string_view css_class, std::string_view words) {
  body_ += fmt::format(
      "<g class=\"moment {0}\"><title>{1}</title><path d=\"M{2} {3}V{4}\"/>"
      "<path class=\"flag\" d=\"M{2} 2l4 5l-4 5l-4-5z\"/></g>\n",
      css_class, escaped(words), point(x(wall)), point(kAbove - 4), point(y(0)));
}

std::string Plot::axes() const {
  std::string text;
  for (const Mark& mark : values_) {
    const double at = y(mark.value);
    text += fmt::format("<path class=\"{}\" d=\"M{} {}H{}\"/>", mark.value == 0 ? "axis" : "grid",
                        point(kLeft), point(at), point(size_.width - kRight));
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", point(kLeft - 6),
                        point(at + 4), escaped(mark.words));
  }
  const double bottom = size_.height - kBelow;
  for (const Mark& mark : time_marks(frame_.begin, frame_.end, size_.time_marks)) {
    const double at = x(Nanoseconds(static_cast<std::int64_t>(mark.value)));
    const double half = kLetter * static_cast<double>(mark.words.size()) / 2;
    text += fmt::format("<path class=\"axis\" d=\"M{} {}v5\"/>", point(at), point(bottom));
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                        point(std::min(at, size_.width - half)), point(bottom + 18),
                        escaped(mark.words));
  }
  return text;
}

std::string Plot::svg(std::string_view words, std::string_view css_class) && {
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n{}{}</svg>\n",
      css_class, size_.width, size_.height, escaped(words), axes(), body_);
}

}  // namespace cgtally::html
