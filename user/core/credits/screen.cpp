// SPDX-License-Identifier: Apache-2.0
#include "core/credits/screen.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/alarm.h"

namespace cgtally {
namespace {

constexpr std::size_t kGauge = 24;
constexpr std::size_t kLabel = 8;  // "who tx  "

Bytes whole(double bytes) {
  return {bytes < 1.8e19 ? static_cast<std::uint64_t>(std::max(bytes, 0.0) + 0.5) : ~0ULL};
}

Nanoseconds seconds(double value) {
  return Nanoseconds(static_cast<std::int64_t>(std::min(value, 9e9) * 1e9));
}

std::string paint_state(const DirectionCredit& credit, const std::string& text, bool colour) {
  const char* code = credit.state == CreditState::exhausted  ? "1;31"
                     : credit.state == CreditState::draining ? "33"
                     : credit.state == CreditState::unknown  ? "2"
                                                             : "32";
  return coloured(text, code, colour);
}

// Two quantities with one unit: "13..53 GB".
std::string joined(const std::string& low, const std::string& high) {
  if (low == high) return high;
  const auto unit = [](const std::string& text) {
    const auto space = text.rfind(' ');
    return space == std::string::npos ? std::string() : text.substr(space);
  };
  const bool same = !unit(low).empty() && unit(low) == unit(high);
  return (same ? low.substr(0, low.size() - unit(low).size()) : low) + ".." + high;
}

// "bucket 13..53 GB (PRIOR, not learned here)".
std::string bucket_words(const DirectionCredit& credit) {
  const char* basis = credit.capacity_basis == Basis::told      ? "TOLD"
                      : credit.capacity_basis == Basis::learned ? "LEARNED"
                                                                : "PRIOR, not learned here";
  return format_byte_range(credit.capacity) + " (" + basis + ")";
}

std::vector<std::string> headline(const CreditReport& report, std::size_t width) {
  const DirectionCredit& tx = report.ways[0];
  const DirectionCredit& rx = report.ways[1];
  std::string name = report.instance.name.empty() ? "limits" : printable(report.instance.name);
  if (!report.instance.name.empty()) name += " (" + report.instance.source + ")";
  const std::string first = name + "  baseline " + format_bit_rate(tx.terms.baseline) + "  burst " +
                            format_bit_rate(tx.terms.burst);
  std::string bucket = "no credits: the baseline is all there is";
  if (tx.terms.has_credits()) {
    const bool same = tx.capacity == rx.capacity && tx.capacity_basis == rx.capacity_basis;
    bucket = "bucket " +
             (same ? bucket_words(tx) : "tx " + bucket_words(tx) + ", rx " + bucket_words(rx));
  }
  if (display_width(first) + 2 + display_width(bucket) <= width) return {first + "  " + bucket};
  return {shorten(first, width), shorten("  " + bucket, width)};
}

// "empty in 2m28s..27m", "not draining", "known after 50m of rest".
std::string outlook(const DirectionCredit& credit) {
  switch (credit.state) {
    case CreditState::none:
      return {};
    case CreditState::exhausted:
      return "no more than the baseline goes through";
    case CreditState::unknown:
      if (credit.empty) break;
      return credit.known_after_rest
                 ? "known after " + format_duration(*credit.known_after_rest) + " at rest"
                 : "not known";
    case CreditState::draining:
      break;
    case CreditState::full:
    case CreditState::earning:
      return "not draining";
  }
  return credit.empty ? "empty in " + format_time_to_empty(*credit.empty) : "not draining";
}

std::string state_words(const DirectionCredit& credit) {
  std::string words = upper(credit_state_name(credit.state));
  const std::uint64_t mean = credit.mean.bits_per_second;
  const std::uint64_t base = credit.terms.baseline.bits_per_second;
  if (credit.state == CreditState::draining) {
    words += " -" + format_bytes({(mean - std::min(mean, base)) / 8}) + "/s";
  } else if (credit.state == CreditState::earning) {
    words += " +" + format_bytes({(base - std::min(mean, base)) / 8}) + "/s";
  } else if (credit.state == CreditState::none) {
    words = "NO CREDITS, " + format_bit_rate({base - std::min(mean, base)}) + " of room";
  }
  return words;
}

std::vector<std::string> direction_lines(const DirectionCredit& credit,
                                         const CreditLayout& layout) {
  const std::string label = pad_right(std::string(direction_name(credit.way)), 4);
  const std::string rate = pad_right(format_bit_rate(credit.rate), 13);
  const std::string state = pad_right(state_words(credit), 21);
  const std::string plain = label + rate + state;
  if (credit.state == CreditState::none) {
    return {label + rate + paint_state(credit, state, layout.colour)};
  }
  const std::string gauge = "[" + credit_gauge(credit.balance, credit.capacity, kGauge) + "]";
  const std::string tail = "  " + format_byte_range(credit.balance) + "  " + outlook(credit);
  const std::string head = label + rate + paint_state(credit, state, layout.colour);
  if (display_width(plain) + kGauge + 2 + display_width(tail) <= layout.columns) {
    return {head + gauge + tail};
  }
  return {head + gauge, std::string(4, ' ') + shorten(tail.substr(2), layout.columns - 4)};
}

// Only where something moves.
void add_who(std::vector<std::string>& lines, const DirectionCredit& credit, std::size_t width) {
  if (credit.who.first.empty()) return;
  std::string line = pad_right("who " + std::string(direction_name(credit.way)), kLabel);
  std::size_t named = 0;
  for (const TopAccount& one : credit.who.first) {
    const std::string text = shorten(printable(one.account), 40) + " " + percent(one.share) + "   ";
    if (named > 0 && display_width(line) + display_width(text) > width) break;
    line += text;
    ++named;
  }
  const std::size_t others = credit.who.first.size() - named + credit.who.other_count;
  if (others > 0) line += std::to_string(others) + (others == 1 ? " other" : " others");
  lines.push_back(shorten(line.substr(0, line.find_last_not_of(' ') + 1), width));
}

// The latest two pieces of evidence.
void add_why(std::vector<std::string>& lines, const DirectionCredit& credit, std::size_t width) {
  if (credit.why.empty()) return;
  const std::string label = pad_right("why " + std::string(direction_name(credit.way)), kLabel);
  const std::size_t first = credit.why.size() > 2 ? credit.why.size() - 2 : 0;
  for (std::size_t i = first; i < credit.why.size(); ++i) {
    lines.push_back((i == first ? label : std::string(kLabel, ' ')) +
                    shorten(printable(credit.why[i]), width - std::min(width, kLabel)));
  }
}

std::string delay(const CreditReport& report) {
  if (!report.knows_connections || !report.connections.queue_delay_p99) return {};
  return "queue delay p99 " + format_duration(*report.connections.queue_delay_p99);
}

void add_counters(std::vector<std::string>& lines, const CreditReport& report, std::size_t width) {
  const std::string words = allowance_words(report.allowances);
  const std::string line =
      words.empty() ? "ena     no allowance counters here" : "ena 60s " + words;
  const std::string wait = delay(report);
  if (!wait.empty() && display_width(line) + 3 + display_width(wait) <= width) {
    lines.push_back(line + "   " + wait);
    return;
  }
  lines.push_back(shorten(line, width));
  if (!wait.empty()) lines.push_back(std::string(4, ' ') + wait);
}

// What to do about it, once there is something to do.
void add_advice(std::vector<std::string>& lines, const CreditReport& report,
                const CreditLayout& layout) {
  for (const DirectionCredit& credit : report.ways) {
    const CreditDanger danger = danger_of(credit, layout.warn);
    if (danger == CreditDanger::none) continue;
    const std::string label = danger == CreditDanger::possible ? "NOTE" : "WARN";
    lines.push_back(coloured(
        shorten(pad_right(label, kLabel) + danger_sentence(credit, layout.warn), layout.columns),
        danger == CreditDanger::possible ? "33" : "1;31", layout.colour));
    std::string advice = pad_right("do", kLabel);
    const std::uint64_t mean = credit.mean.bits_per_second;
    const std::uint64_t base = credit.terms.baseline.bits_per_second;
    if (mean > base && danger != CreditDanger::exhausted) {
      advice += "cut " + std::string(direction_name(credit.way)) + " by " +
                format_bit_rate({mean - base});
    } else {
      advice +=
          "keep " + std::string(direction_name(credit.way)) + " below the baseline for a while";
    }
    if (!credit.who.first.empty()) {
      advice += " (" + shorten(printable(credit.who.first.front().account), 24) + " is " +
                percent(credit.who.first.front().share) + " of it)";
    }
    const std::string other = report.larger ? "or " + *report.larger : "";
    if (display_width(advice) + 2 + display_width(other) <= layout.columns) {
      lines.push_back(other.empty() ? advice : advice + ", " + other);
      continue;
    }
    lines.push_back(shorten(advice, layout.columns));
    if (!other.empty())
      lines.push_back(std::string(kLabel, ' ') + shorten(other, layout.columns - kLabel));
  }
  for (const std::string& remedy : allowance_remedies(report.allowances)) {
    lines.push_back(shorten(remedy, layout.columns));
  }
}

bool is_worth_a_word(const DirectionCredit& credit) {
  return credit.state == CreditState::draining || credit.state == CreditState::exhausted ||
         credit.state == CreditState::unknown;
}

// "credits 4.0..44 GB (prior), empty in 2m28s..27m".
std::string words_in_passing(const DirectionCredit& credit) {
  const std::string end = outlook(credit);
  if (credit.state == CreditState::exhausted) return "credits EXHAUSTED: " + end;
  if (credit.state == CreditState::unknown) {
    return "credits UNKNOWN" + (end == "not known" ? "" : ", " + end);
  }
  return "credits " + format_byte_range(credit.balance) + " (" +
         std::string(basis_name(credit.capacity_basis)) + "), " + end;
}

}  // namespace

std::string format_byte_range(const ByteRange& range) {
  if (!range.bounded()) return format_bytes(whole(range.lo)) + " or more";
  return joined(format_bytes(whole(range.lo)), format_bytes(whole(range.hi)));
}

std::string credit_gauge(const ByteRange& balance, const ByteRange& capacity, std::size_t width) {
  const double scale = std::max(
      {capacity.bounded() ? capacity.hi : capacity.lo, balance.bounded() ? balance.hi : 0, 1.0});
  const auto cells = [&](double bytes) { return bytes / scale * static_cast<double>(width); };
  const auto sure =
      static_cast<std::size_t>(std::min(cells(balance.lo), static_cast<double>(width)));
  const double most = balance.bounded() ? cells(balance.hi) : static_cast<double>(width);
  const auto perhaps =
      static_cast<std::size_t>(std::ceil(std::min(most, static_cast<double>(width))));
  return std::string(sure, '#') + std::string(std::max(perhaps, sure) - sure, '?') +
         std::string(width - std::max(perhaps, sure), '.');
}

std::string format_time_to_empty(const TimeToEmpty& empty) {
  const std::string low = format_duration(seconds(empty.lo_s));
  if (!empty.hi_s) return low + " or never";
  const std::string high = format_duration(seconds(*empty.hi_s));
  return joined(low, high);
}

std::vector<std::string> credit_screen(const CreditReport& report, const CreditLayout& layout) {
  std::vector<std::string> lines = headline(report, layout.columns);
  for (const DirectionCredit& credit : report.ways) {
    for (std::string& line : direction_lines(credit, layout)) lines.push_back(std::move(line));
  }
  for (const DirectionCredit& credit : report.ways) add_who(lines, credit, layout.columns);
  for (const DirectionCredit& credit : report.ways) add_why(lines, credit, layout.columns);
  add_counters(lines, report, layout.columns);
  add_advice(lines, report, layout);
  for (const std::string& notice : report.notices) {
    lines.push_back(coloured(shorten(printable(notice), layout.columns), "33", layout.colour));
  }
  return lines;
}

std::vector<std::string> credit_parts(const std::vector<DirectionCredit>& ways) {
  std::vector<std::string> parts;
  std::string others = "credits";
  for (const DirectionCredit& credit : ways) {
    const std::string way(direction_name(credit.way));
    others += " " + way + " " + std::string(credit_state_name(credit.state));
    if (!is_worth_a_word(credit)) continue;
    const std::string words = words_in_passing(credit);
    if (!parts.empty() && parts.back().ends_with(" " + words)) {
      parts.back().insert(parts.back().find(' '), "+" + way);
    } else {
      parts.push_back(way + " " + words);
    }
  }
  if (!ways.empty() && parts.empty()) parts.push_back(others);
  return parts;
}

std::vector<std::string> credit_lines(const CreditReport& report) {
  std::vector<std::string> lines;
  for (const DirectionCredit& credit : report.ways) {
    std::string line = format_clock(report.taken.wall) + " " +
                       std::string(direction_name(credit.way)) + "  " +
                       format_bit_rate(credit.rate) + "  " + state_words(credit);
    if (credit.state != CreditState::none) {
      line += "  balance " + format_byte_range(credit.balance) + " of " +
              format_byte_range(credit.capacity) + " (" +
              std::string(basis_name(credit.capacity_basis)) + ")  " + outlook(credit);
    }
    if (!credit.who.first.empty()) {
      line += "  " + printable(credit.who.first.front().account) + " " +
              percent(credit.who.first.front().share);
    }
    if (credit.verdict != AllowanceVerdict::none) {
      line += "  exceeded " + std::string(verdict_name(credit.verdict));
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace cgtally
