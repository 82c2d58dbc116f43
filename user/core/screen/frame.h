// SPDX-License-Identifier: Apache-2.0
// A screen's content as lines of styled text. Screen composes a Frame, the adapter puts it onto the
// terminal; no line is wider than the screen it was composed for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cgtally::screen {

enum class Style : std::uint8_t {
  plain,
  heading,
  chosen_heading,
  dim,
  bar,
  warning,
  selected,
  keys
};

struct Span {
  std::string text;
  Style style = Style::plain;
};

// One line, put together from left to right. Text that comes in is made harmless for a terminal.
class Line {
 public:
  Line() = default;
  explicit Line(std::string_view text, Style style = Style::plain) { add(text, style); }

  void add(std::string_view text, Style style = Style::plain);
  // The first `width` columns of it.
  void clip_to(std::size_t width);
  // Exactly `width` columns in one style.
  void fill(std::size_t width, Style style);
  [[nodiscard]] const std::vector<Span>& spans() const { return spans_; }
  [[nodiscard]] std::size_t width() const;
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Span> spans_;
};

struct Frame {
  std::vector<Line> lines;
};

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool unicode = false;  // the terminal shows UTF-8
};

}  // namespace cgtally::screen
