// SPDX-License-Identifier: Apache-2.0
#include "core/screen/pages.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/bursts/lines.h"
#include "core/credits/screen.h"
#include "core/live/header.h"

namespace cgtally::screen {
namespace {

struct HelpLine {
  std::string_view keys;
  std::string_view words;
};

constexpr auto kHelp = std::to_array<HelpLine>({
    {"up down", "choose a row; its order with the others is held until esc"},
    {"enter", "the account in detail: a minute of each direction, and more"},
    {"/", "filter by a part of a name, or by a glob; empty: all"},
    {"s S  < >", "sort by the next column or the one before; r the other way round"},
    {"b", "group by cgroup, container, pod, namespace, unit"},
    {"x left right", "show the members of a group, or hide them"},
    {"i I", "one interface after the other, and all of them"},
    {"t", "rates, or totals since the ledger began"},
    {"u", "rates in bits, or in bytes, a second"},
    {"space p", "pause: the figures stand still, counting goes on"},
    {"+ -", "read less often, or more often"},
    {"1 2 3 tab", "accounts, bursts, credits"},
    {"esc", "back; lets go of the chosen row, then of the filter"},
    {"mouse", "a heading sorts; a row is chosen, then opened; the wheel moves"},
    {"q", "quit; what was counted is summed up then"},
});

constexpr auto kReplayHelp = std::to_array<HelpLine>({
    {"left right", "the moment before or after"},
    {"[ ]", "a minute back, or on"},
    {"{ }", "to the begin, or to the end"},
    {"space p", "play, or stop"},
    {"+ -", "play faster, or slower"},
    {"mouse", "a click on the axis goes there"},
});

void add_help(std::vector<Line>& lines, const HelpLine& line) {
  constexpr std::size_t kKeys = 14;
  Line help(pad_right(line.keys, kKeys), Style::heading);
  help.add(line.words);
  lines.push_back(std::move(help));
}

void add_second(std::vector<Line>& lines, const Report& report, std::size_t width) {
  if (!report.bursts || !report.bursts->second) return;
  for (const std::string& part : last_second_parts(*report.bursts->second, true)) {
    lines.emplace_back(shorten(part, width));
  }
}

}  // namespace

std::vector<Line> bursts_page(const Content& content, const Size& size) {
  const Report& report = content.report;
  std::vector<Line> lines{
      Line(with_right_end(report.bursts ? burst_count_words(*report.bursts) : "bursts",
                          format_clock(report.taken.wall), size.columns),
           Style::heading)};
  add_second(lines, report, size.columns);
  if (report.bursts) {
    for (const BurstNote& note : report.bursts->under_way) {
      lines.emplace_back(burst_note_words(note, size.columns), Style::warning);
    }
  }
  if (content.bursts.empty()) {
    lines.emplace_back();
    lines.emplace_back(content.no_bursts.empty() ? "none yet" : content.no_bursts);
    return lines;
  }
  lines.emplace_back(burst_header({.interface_columns = content.burst_interface_columns}),
                     Style::heading);
  for (auto burst = content.bursts.rbegin(); burst != content.bursts.rend(); ++burst) {
    lines.emplace_back(burst->line);
  }
  return lines;
}

std::vector<Line> credits_page(const Content& content, const Size& size, Nanoseconds warn) {
  std::vector<Line> lines;
  if (!content.credits) {
    lines.emplace_back(
        with_right_end("credits", format_clock(content.report.taken.wall), size.columns),
        Style::heading);
    lines.emplace_back();
    lines.emplace_back(content.no_credits);
    return lines;
  }
  for (const std::string& line :
       credit_screen(*content.credits, {.columns = size.columns, .colour = false, .warn = warn})) {
    const bool alarm = line.starts_with("WARN") || line.starts_with("NOTE");
    lines.emplace_back(line, alarm           ? Style::warning
                             : lines.empty() ? Style::heading
                                             : Style::plain);
  }
  return lines;
}

std::vector<Line> help_page(bool replay, const Size& /*size*/) {
  std::vector<Line> lines{Line("Keys", Style::heading)};
  if (replay) {
    for (const HelpLine& line : kReplayHelp) add_help(lines, line);
  }
  for (const HelpLine& line : kHelp) {
    const bool other = line.keys == "space p" || line.keys == "+ -";
    if (!replay || !other) add_help(lines, line);
  }
  lines.emplace_back();
  lines.emplace_back("Bytes are those of the wire; units are decimal; totals are never reset.",
                     Style::dim);
  return lines;
}

}  // namespace cgtally::screen
