// SPDX-License-Identifier: Apache-2.0
#include "core/screen/history.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace cgtally::screen {
namespace {

constexpr Nanoseconds kSecond = std::chrono::seconds{1};
constexpr Nanoseconds kMinute = std::chrono::minutes{1};
// A tick may be a little late: its interval still is one second.
constexpr Nanoseconds kLongestPiece = std::chrono::milliseconds{1020};

double length(Nanoseconds span) { return static_cast<double>(span.count()); }

}  // namespace

void MinuteHistory::add(const Traffic& moved, Nanoseconds interval, Nanoseconds end) {
  while (!pieces_.empty() && pieces_.front().end <= end - kMinute - kSecond) pieces_.pop_front();
  if (moved.bytes() == 0) return;
  const Nanoseconds begin = end - std::max(interval, Nanoseconds{1});
  const PerDirection<std::uint64_t> bytes{.rx = moved.rx_bytes.value, .tx = moved.tx_bytes.value};
  if (!pieces_.empty() && end - pieces_.back().begin <= kLongestPiece) {
    Piece& last = pieces_.back();
    last.end = end;
    last.bytes.rx += bytes.rx;
    last.bytes.tx += bytes.tx;
    return;
  }
  pieces_.push_back({.begin = begin, .end = end, .bytes = bytes});
}

void MinuteHistory::add_to(PerDirection<Seconds>& sums, Nanoseconds now) const {
  for (const Piece& piece : pieces_) {
    for (std::size_t i = 0; i < kSeconds; ++i) {
      const Nanoseconds end = now - kSecond * static_cast<std::int64_t>(kSeconds - 1 - i);
      const Nanoseconds common = std::min(end, piece.end) - std::max(end - kSecond, piece.begin);
      if (common <= Nanoseconds::zero()) continue;
      const double part = length(common) / length(piece.end - piece.begin);
      for (const Direction direction : kDirections) {
        sums[direction].at(i) += part * static_cast<double>(piece.bytes[direction]);
      }
    }
  }
}

std::vector<std::string> chart(const std::vector<double>& values, std::size_t height,
                               bool unicode) {
  static constexpr std::array<std::string_view, 9> kEighths{" ", "▁", "▂", "▃", "▄",
                                                            "▅", "▆", "▇", "█"};
  static constexpr std::array<std::string_view, 5> kAscii{" ", ".", ":", "|", "#"};
  const std::size_t steps = unicode ? kEighths.size() - 1 : kAscii.size() - 1;
  const double most = values.empty() ? 0 : std::ranges::max(values);
  std::vector<std::string> lines(height);
  for (const double value : values) {
    std::size_t filled = 0;
    if (most > 0 && value > 0) {
      const double exact = value / most * static_cast<double>(steps * height);
      filled = std::max<std::size_t>(static_cast<std::size_t>(std::lround(exact)), 1);
    }
    for (std::size_t line = 0; line < height; ++line) {
      const std::size_t below = (height - 1 - line) * steps;
      const std::size_t here = filled > below ? std::min(filled - below, steps) : 0;
      lines[line] += unicode ? kEighths.at(here) : kAscii.at(here);
    }
  }
  return lines;
}

}  // namespace cgtally::screen
