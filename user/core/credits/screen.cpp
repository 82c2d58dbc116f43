// SPDX-License-Identifier: Apache-2.0
// The order of the screen: instance, directions, top accounts, evidence, counters, advice, notices.
#include "core/credits/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/base/enum_names.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/alarm.h"

namespace cgtally {
namespace {

constexpr std::size_t kGauge = 24;
constexpr std::size_t kLabel = 8;  // "who tx  "
constexpr EnumNames<Basis::prior> kBasisWords{"TOLD", "LEARNED", "PRIOR, not learned here"};

Bytes whole(double bytes) {
  return {bytes < 1.8e19 ? static_cast<std::uint64_t>(std::round(std::max(bytes, 0.0))) : ~0ULL};
}

std::string seconds_text(double seconds) {
  return format_duration(Nanoseconds(static_cast<std::int64_t>(std::min(seconds, 9e9) * 1e9)));
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
  return fmt::format("{}..{}", same ? low.substr(0, low.size() - unit(low).size()) : low, high);
}

// "bucket 13..53 GB (PRIOR, not learned here)".
std::string bucket_words(const DirectionCredit& credit) {
  return fmt::format("{} ({})", format_byte_range(credit.capacity),
                     kBasisWords[credit.capacity_basis]);
}

std::string buckets_words(const DirectionCredit& tx, const DirectionCredit& rx) {
  if (!tx.terms.has_credits()) return "no credits: the baseline is all there is";
  if (!tx.watched || !rx.watched)
    return fmt::format("bucket {}", bucket_words(rx.watched ? rx : tx));
  const bool same = tx.capacity == rx.capacity && tx.capacity_basis == rx.capacity_basis;
  if (same) return fmt::format("bucket {}", bucket_words(tx));
  return fmt::format("bucket tx {}, rx {}", bucket_words(tx), bucket_words(rx));
}

std::vector<std::string> headline(const CreditReport& report, std::size_t width) {
  const DirectionCredit& tx = report.directions.tx;
  const InstanceName& instance = report.instance;
  const std::string name = instance.name.empty()
                               ? "limits"
                               : fmt::format("{} ({})", printable(instance.name), instance.source);
  const std::string limits =
      fmt::format("{}  baseline {}  burst {}", name, format_bit_rate(tx.terms.baseline),
                  format_bit_rate(tx.terms.burst));
  const std::string buckets = buckets_words(tx, report.directions.rx);
  if (display_width(limits) + 2 + display_width(buckets) <= width) {
    return {fmt::format("{}  {}", limits, buckets)};
  }
  std::vector<std::string> lines = wrap(limits, width, 2);
  std::ranges::move(wrap(fmt::format("  {}", buckets), width, 2), std::back_inserter(lines));
  return lines;
}

BitRate above(BitRate rate, BitRate other) {
  return {rate.bits_per_second - std::min(rate.bits_per_second, other.bits_per_second)};
}

Bytes bytes_in_a_second(BitRate rate) { return {rate.bits_per_second / 8}; }

// "DRAINING -27.1 MB/s", "NO CREDITS, 9.72 Gbit/s of room".
std::string state_words(const DirectionCredit& credit) {
  const BitRate excess = above(credit.mean, credit.terms.baseline);
  const BitRate room = above(credit.terms.baseline, credit.mean);
  if (credit.state == CreditState::none) {
    return fmt::format("NO CREDITS, {} of room", format_bit_rate(room));
  }
  const std::string name = upper(credit_state_name(credit.state));
  if (credit.state == CreditState::draining) {
    return fmt::format("{} -{}/s", name, format_bytes(bytes_in_a_second(excess)));
  }
  if (credit.state == CreditState::earning) {
    return fmt::format("{} +{}/s", name, format_bytes(bytes_in_a_second(room)));
  }
  return name;
}

std::vector<std::string> direction_lines(const DirectionCredit& credit,
                                         const CreditLayout& layout) {
  const std::string rate =
      fmt::format("{:<4}{:<13}", direction_name(credit.direction),
                  credit.recorded ? format_bit_rate(credit.rate) : "not recorded");
  const std::string state = fmt::format("{:<21}", state_words(credit));
  const std::string head = rate + paint_state(credit, state, layout.colour);
  if (credit.state == CreditState::none) return {head};
  // What may be missing from a bucket that counts as full is too little to tell.
  const bool full = credit.state == CreditState::full;
  const ShareRange share = full ? ShareRange{.lo = 1, .hi = 1} : credit.share;
  const std::string gauge = fmt::format("[{}]", credit_gauge(share, kGauge));
  const std::string tail =
      fmt::format("{}  {}", format_byte_range(credit.balance), credit_outlook(credit));
  if (rate.size() + state.size() + gauge.size() + 2 + tail.size() <= layout.columns) {
    return {fmt::format("{}{}  {}", head, gauge, tail)};
  }
  std::vector<std::string> lines{head + gauge};
  std::ranges::move(wrap(fmt::format("    {}", tail), layout.columns, 4),
                    std::back_inserter(lines));
  return lines;
}

void add_top_accounts(std::vector<std::string>& lines, const DirectionCredit& credit,
                      std::size_t width) {
  const TopAccountList& top = credit.top_accounts;
  if (top.named.empty()) return;
  std::string line = fmt::format("who {:<4}", direction_name(credit.direction));
  constexpr std::size_t kMostOfName = 40;
  std::vector<std::string> names;
  std::vector<std::string> accounts;
  for (const TopAccount& one : top.named) {
    names.push_back(printable(one.shown()));
    accounts.push_back(one.account);
  }
  names = shorten_all(names, accounts, std::vector(names.size(), kMostOfName));
  std::size_t named = 0;
  for (const TopAccount& one : top.named) {
    const std::string text = fmt::format("{} {}   ", names[named], percent(one.share));
    if (named > 0 && display_width(line) + display_width(text) > width) break;
    line += text;
    ++named;
  }
  const std::size_t others = top.named.size() - named + top.other_count;
  if (others > 0) line += fmt::format("{} {}", others, others == 1 ? "other" : "others");
  lines.push_back(shorten(line.substr(0, line.find_last_not_of(' ') + 1), width));
}

// The latest two pieces of evidence.
void add_evidence(std::vector<std::string>& lines, const DirectionCredit& credit,
                  std::size_t width) {
  const std::size_t first =
      credit.evidence.size() - std::min<std::size_t>(credit.evidence.size(), 2);
  std::string label = fmt::format("why {:<4}", direction_name(credit.direction));
  for (std::size_t i = first; i < credit.evidence.size(); ++i) {
    std::ranges::move(wrap(label + printable(credit.evidence[i]), width, kLabel),
                      std::back_inserter(lines));
    label.assign(kLabel, ' ');
  }
}

std::string delay(const CreditReport& report) {
  if (!report.knows_connections || !report.connections.queue_delay_p99) return {};
  return fmt::format("queue delay p99 {}", format_duration(*report.connections.queue_delay_p99));
}

void add_counters(std::vector<std::string>& lines, const CreditReport& report, std::size_t width) {
  const std::string words = allowance_words(report.allowances);
  const std::string line =
      words.empty() ? "ena     no allowance counters here" : fmt::format("ena 60s {}", words);
  const std::string wait = delay(report);
  if (!wait.empty() && display_width(line) + 3 + display_width(wait) <= width) {
    lines.push_back(fmt::format("{}   {}", line, wait));
    return;
  }
  std::ranges::move(wrap(line, width, kLabel), std::back_inserter(lines));
  if (!wait.empty()) lines.push_back(fmt::format("    {}", wait));
}

void add_danger(std::vector<std::string>& lines, const DirectionCredit& credit,
                const std::optional<std::string>& larger, const CreditLayout& layout) {
  const CreditDanger danger = danger_of(credit, layout.warn);
  if (danger == CreditDanger::none) return;
  const bool possible = danger == CreditDanger::possible;
  const std::string warning =
      fmt::format("{:<8}{}", possible ? "NOTE" : "WARN", danger_sentence(credit, layout.warn));
  for (const std::string& line : wrap(warning, layout.columns, kLabel)) {
    lines.push_back(coloured(line, possible ? "33" : "1;31", layout.colour));
  }
  const std::string advice = fmt::format("do      {}", credit_remedy(credit, layout.warn));
  const std::string both = larger ? fmt::format("{}, or {}", advice, *larger) : advice;
  if (display_width(both) <= layout.columns) {
    lines.push_back(both);
    return;
  }
  std::ranges::move(wrap(advice, layout.columns, kLabel), std::back_inserter(lines));
  if (larger) {
    std::ranges::move(wrap(fmt::format("        or {}", *larger), layout.columns, kLabel),
                      std::back_inserter(lines));
  }
}

bool is_scarce_or_unknown(const DirectionCredit& credit) {
  return credit.state == CreditState::draining || credit.state == CreditState::exhausted ||
         credit.state == CreditState::unknown;
}

// "credits 4.0..44 GB (prior), empty in 2m28s..27m".
std::string part_words(const DirectionCredit& credit) {
  const std::string end = credit_outlook(credit);
  if (credit.state == CreditState::exhausted) return fmt::format("credits EXHAUSTED: {}", end);
  if (credit.state == CreditState::unknown) {
    return end == "not known" ? "credits UNKNOWN" : fmt::format("credits UNKNOWN, {}", end);
  }
  return fmt::format("credits {} ({}), {}", format_byte_range(credit.balance),
                     basis_name(credit.capacity_basis), end);
}

}  // namespace

std::string credit_outlook(const DirectionCredit& credit) {
  switch (credit.state) {
    case CreditState::none:
      return {};
    case CreditState::exhausted:
      return "no more than the baseline goes through";
    case CreditState::unknown:
      if (credit.perhaps_empty) return "empty, or one flow's limit";
      if (credit.empty) break;
      return credit.known_after_rest
                 ? fmt::format("known after {} at rest", format_duration(*credit.known_after_rest))
                 : "not known";
    case CreditState::draining:
      break;
    case CreditState::full:
    case CreditState::earning:
      return "not draining";
  }
  return credit.empty ? format_outlook(*credit.empty) : "not draining";
}

std::string credit_remedy(const DirectionCredit& credit, Nanoseconds warn) {
  const CreditDanger danger = danger_of(credit, warn);
  if (danger == CreditDanger::none && credit.state != CreditState::draining) return {};
  const std::string_view direction = direction_name(credit.direction);
  const BitRate excess = above(credit.mean, credit.terms.baseline);
  const bool cut = excess > BitRate{} && danger != CreditDanger::exhausted;
  const std::string what = cut ? fmt::format("cut {} by {}", direction, format_bit_rate(excess))
                               : fmt::format("keep {} below the baseline for a while", direction);
  if (credit.top_accounts.named.empty()) return what;
  const TopAccount& top = credit.top_accounts.named.front();
  return fmt::format("{} ({} is {} of it)", what, shorten(printable(top.shown()), 24),
                     percent(top.share));
}

std::string format_byte_range(const ByteRange& range) {
  if (!range.bounded()) return fmt::format("{} or more", format_bytes(whole(range.lo)));
  return joined(format_bytes(whole(range.lo)), format_bytes(whole(range.hi)));
}

// Rounds down what is there, and up what may be; 1e-9 is the rounding of the share itself.
std::string credit_gauge(const ShareRange& share, std::size_t width) {
  const auto cells = [&](double part) {
    return std::clamp(part, 0.0, 1.0) * static_cast<double>(width);
  };
  const auto sure = static_cast<std::size_t>(cells(share.lo + 1e-9));
  const auto perhaps = static_cast<std::size_t>(std::ceil(cells(share.hi - 1e-9)));
  return std::string(sure, '#') + std::string(std::max(perhaps, sure) - sure, '?') +
         std::string(width - std::max(perhaps, sure), '.');
}

std::string format_time_to_empty(const TimeToEmpty& empty) {
  const bool perhaps_already = empty.lo_s <= 0;
  if (!empty.hi_s) {
    return perhaps_already ? "not known" : seconds_text(empty.lo_s) + " or never";
  }
  const std::string high = seconds_text(*empty.hi_s);
  return perhaps_already ? "at most " + high : joined(seconds_text(empty.lo_s), high);
}

std::string format_outlook(const TimeToEmpty& empty) {
  if (empty.lo_s <= 0 && !empty.hi_s) return "time to empty not known";
  return fmt::format("empty in {}", format_time_to_empty(empty));
}

std::vector<std::string> credit_screen(const CreditReport& report, const CreditLayout& layout) {
  const auto& credits = report.directions;
  const std::size_t columns = layout.columns;
  std::vector<std::string> lines = headline(report, columns);
  for (const Direction direction : kCreditOrder) {
    if (!credits[direction].watched) continue;
    std::ranges::move(direction_lines(credits[direction], layout), std::back_inserter(lines));
  }
  for (const Direction direction : kCreditOrder) {
    add_top_accounts(lines, credits[direction], columns);
  }
  for (const Direction direction : kCreditOrder) {
    if (credits[direction].watched) add_evidence(lines, credits[direction], columns);
  }
  if (report.has_counters) add_counters(lines, report, columns);
  for (const Direction direction : kCreditOrder) {
    if (!credits[direction].watched) continue;
    add_danger(lines, credits[direction], report.larger, layout);
  }
  for (const std::string& one : allowance_remedies(report.allowances)) {
    std::ranges::move(wrap(one, columns, kLabel), std::back_inserter(lines));
  }
  for (const std::string& notice : report.notices) {
    for (const std::string& line : wrap(printable(notice), columns, kLabel)) {
      lines.push_back(coloured(line, "33", layout.colour));
    }
  }
  return lines;
}

std::vector<std::string> credit_parts(const std::vector<DirectionCredit>& directions) {
  std::vector<std::string> parts;
  std::string states = "credits";
  for (const DirectionCredit& credit : directions) {
    const std::string_view name = direction_name(credit.direction);
    states += fmt::format(" {} {}", name, credit_state_name(credit.state));
    if (!is_scarce_or_unknown(credit)) continue;
    const std::string words = part_words(credit);
    if (!parts.empty() && parts.back().ends_with(fmt::format(" {}", words))) {
      parts.back().insert(parts.back().find(' '), fmt::format("+{}", name));
    } else {
      parts.push_back(fmt::format("{} {}", name, words));
    }
  }
  if (!directions.empty() && parts.empty()) parts.push_back(states);
  return parts;
}

std::vector<std::string> credit_lines(const CreditReport& report) {
  std::vector<std::string> lines;
  for (const Direction direction : kCreditOrder) {
    const DirectionCredit& credit = report.directions[direction];
    std::string line =
        fmt::format("{} {}  {}  {}", format_clock(report.taken.wall), direction_name(direction),
                    format_bit_rate(credit.rate), state_words(credit));
    if (credit.state != CreditState::none) {
      line += fmt::format("  balance {} of {} ({})  {}", format_byte_range(credit.balance),
                          format_byte_range(credit.capacity), basis_name(credit.capacity_basis),
                          credit_outlook(credit));
    }
    if (!credit.top_accounts.named.empty()) {
      const TopAccount& top = credit.top_accounts.named.front();
      line += fmt::format("  {} {}", printable(top.shown()), percent(top.share));
    }
    if (credit.verdict != AllowanceVerdict::none) {
      line += fmt::format("  exceeded {}", verdict_name(credit.verdict));
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace cgtally
