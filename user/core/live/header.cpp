// SPDX-License-Identifier: Apache-2.0
#include "core/live/header.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/screen.h"
#include "core/live/words.h"

namespace cgtally {
namespace {

constexpr std::size_t kLeastAccounts = 3;

// One line, or two if the screen is too narrow; another one where there are containers.
void add_interface(std::vector<std::string>& lines, const InterfaceLine& line, std::size_t width,
                   bool owners) {
  const std::string first = interface_rates(line);
  const std::string second = interface_shares(line);
  if (display_width(first) + 2 + display_width(second) <= width) {
    lines.push_back(first + "  " + second);
  } else {
    lines.push_back(shorten(first, width));
    lines.push_back(shorten("  " + second, width));
  }
  if (line.owners && owners) lines.push_back(shorten("  " + owner_words(*line.owners), width));
}

// The busiest `most` interfaces, in the order of their names.
void add_interfaces(std::vector<std::string>& lines, const Report& report, std::size_t rows,
                    std::size_t width) {
  constexpr std::size_t kLeastRowsWithOwners = 12;
  const std::size_t most = std::max<std::size_t>(rows / 6, 1);
  std::vector<InterfaceLine> shown = report.interfaces;
  if (shown.size() > most) {
    std::ranges::stable_sort(shown, std::greater{},
                             [](const InterfaceLine& line) { return line.moved.bytes(); });
    shown.resize(most);
    std::ranges::sort(shown, std::less{}, &InterfaceLine::name);
  }
  for (const InterfaceLine& line : shown) {
    add_interface(lines, line, width, rows >= kLeastRowsWithOwners);
  }
  if (shown.size() < report.interfaces.size()) {
    lines.push_back(
        fmt::format("and {} quieter interfaces", report.interfaces.size() - shown.size()));
  }
}

// Puts parts beside each other while they fit into a line, in their order. A part wider than a line
// is left out.
std::vector<std::string> packed(const std::vector<std::string>& parts, std::size_t width) {
  constexpr std::size_t kBetween = 3;
  std::vector<std::string> lines;
  for (const std::string& part : parts) {
    const std::size_t columns = display_width(part);
    if (columns > width) continue;
    if (lines.empty() || display_width(lines.back()) + kBetween + columns > width) {
      lines.push_back(part);
    } else {
      lines.back() += std::string(kBetween, ' ') + part;
    }
  }
  return lines;
}

// The most important parts first: a screen without room for all drops them from the end.
std::vector<std::string> extra_parts(const Report& report) {
  std::vector<std::string> parts = credit_parts(report.credits);
  if (!report.bursts) return parts;
  parts.push_back(burst_count_words(*report.bursts));
  if (report.bursts->second) {
    const bool name = report.interfaces.size() > 1;
    std::ranges::move(last_second_parts(*report.bursts->second, name), std::back_inserter(parts));
  }
  return parts;
}

void add_extras(std::vector<std::string>& lines, const Report& report, std::size_t room,
                std::size_t width) {
  constexpr std::size_t kAccount = 28;
  constexpr std::size_t kMostOfBursts = 2;
  std::vector<std::string> extras = packed(extra_parts(report), width);
  if (report.bursts) {
    std::vector<std::string> notes;
    for (const auto* some : {&report.bursts->under_way, &report.bursts->latest}) {
      for (const BurstNote& note : *some) {
        notes.push_back(burst_note_words(note, kAccount));
      }
    }
    notes = packed(notes, width);
    notes.resize(std::min(notes.size(), kMostOfBursts));
    std::ranges::move(notes, std::back_inserter(extras));
  }
  extras.resize(std::min(extras.size(), room));
  std::ranges::move(extras, std::back_inserter(lines));
}

}  // namespace

std::string with_right_end(const std::string& left, const std::string& right, std::size_t width) {
  if (display_width(left) + 1 + display_width(right) > width) return shorten(left, width);
  return left + pad_left(right, width - display_width(left));
}

std::vector<std::string> header_lines(const Report& report, std::size_t columns, std::size_t rows) {
  const std::size_t width = std::max<std::size_t>(columns, 1);
  std::vector<std::string> lines{
      with_right_end(headline(report), format_clock(report.taken.wall), width)};
  add_interfaces(lines, report, rows, width);
  // The extras leave room for the table's header, kLeastAccounts accounts and the last lines.
  const std::size_t others = lines.size() + 1 + kLeastAccounts + 2;
  const std::size_t room = rows - std::min(rows, others);
  add_extras(lines, report, std::min(room, rows / 6), width);
  return lines;
}

}  // namespace cgtally
