// SPDX-License-Identifier: Apache-2.0
#include "core/screen/frame.h"

#include "core/base/text.h"

namespace cgtally::screen {

void Line::add(std::string_view text, Style style) {
  if (text.empty()) return;
  if (!spans_.empty() && spans_.back().style == style) {
    spans_.back().text += printable(text);
  } else {
    spans_.push_back({.text = printable(text), .style = style});
  }
}

void Line::clip_to(std::size_t width) {
  std::size_t kept = 0;
  for (Span& span : spans_) {
    const std::string_view fits = clip(span.text, width);
    width -= display_width(fits);
    const bool whole = fits.size() == span.text.size();
    span.text.resize(fits.size());
    ++kept;
    if (!whole) break;
  }
  spans_.resize(kept);
}

void Line::fill(std::size_t width, Style style) {
  clip_to(width);
  const std::string all = pad_right(text(), width);
  spans_ = {{.text = all, .style = style}};
}

std::size_t Line::width() const {
  std::size_t sum = 0;
  for (const Span& span : spans_) sum += display_width(span.text);
  return sum;
}

std::string Line::text() const {
  std::string all;
  for (const Span& span : spans_) all += span.text;
  return all;
}

}  // namespace cgtally::screen
