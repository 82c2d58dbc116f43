// SPDX-License-Identifier: Apache-2.0
// The allowance counters in words. Nothing is called harmless unless the connections say so too.
#include <fmt/core.h>

#include <utility>

#include "core/base/enum_names.h"
#include "core/base/quantity.h"
#include "core/instance/allowance_counters.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kNormalDelay = 5ms;
constexpr std::uint64_t kNormalRetransmits = 1000;  // at most one byte of this many

constexpr EnumNames<AllowanceCounter::conntrack_available> kShortNames{
    "rx", "tx", "pps", "conntrack", "linklocal", "connections left"};

bool is_normal(const NetworkEffect& effect) {
  return *effect.queue_delay_p99 < kNormalDelay &&
         effect.retransmitted->value <= effect.sent.value / kNormalRetransmits;
}

}  // namespace

AllowanceHarm harm_of(AllowanceVerdict verdict, const NetworkEffect& effect) {
  if (verdict == AllowanceVerdict::none || verdict == AllowanceVerdict::quiet ||
      !effect.queue_delay_p99 || !effect.retransmitted) {
    return AllowanceHarm::unknown;
  }
  if (!is_normal(effect)) return AllowanceHarm::hurts;
  return verdict == AllowanceVerdict::sporadic ? AllowanceHarm::harmless : AllowanceHarm::unknown;
}

std::string effect_words(const NetworkEffect& effect) {
  std::string words;
  if (effect.queue_delay_p99) {
    words = fmt::format("queue delay p99 {}", format_duration(*effect.queue_delay_p99));
  }
  if (!effect.retransmitted) return words;
  return fmt::format("{}{}{}", words, words.empty() ? "" : ", ",
                     effect.retransmitted->value == 0
                         ? "no retransmits"
                         : fmt::format("{} sent again", format_bytes(*effect.retransmitted)));
}

std::string harm_words(AllowanceVerdict verdict, const NetworkEffect& effect) {
  if (verdict == AllowanceVerdict::none || verdict == AllowanceVerdict::quiet) return {};
  if (!effect.queue_delay_p99 || !effect.retransmitted) {
    return "no connection tells whether it hurts";
  }
  constexpr EnumNames<AllowanceHarm::hurts> kEndings{"", ": harmless", ": it hurts"};
  return fmt::format("{}{}", effect_words(effect), kEndings[harm_of(verdict, effect)]);
}

std::string allowance_words(const std::vector<AllowanceSummary>& summaries) {
  std::string left;
  for (const AllowanceSummary& one : summaries) {
    if (one.there && one.counter == AllowanceCounter::conntrack_available) {
      left = fmt::format(" ({} left)", format_count(one.last_minute));
    }
  }
  std::string text;
  for (const AllowanceSummary& one : summaries) {
    if (!one.there || one.counter == AllowanceCounter::conntrack_available) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ", kShortNames[one.counter],
                        format_count(one.last_minute));
    if (one.last_minute > 0) text += fmt::format(" {}", verdict_name(one.verdict));
    if (one.counter == AllowanceCounter::conntrack) text += std::exchange(left, "");
  }
  if (left.empty()) return text;
  return fmt::format("{}{}conntrack{}", text, text.empty() ? "" : "  ", left);
}

std::string allowance_totals_words(const std::vector<AllowanceSummary>& summaries) {
  std::string text;
  for (const AllowanceSummary& one : summaries) {
    if (!one.there || one.counter == AllowanceCounter::conntrack_available) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ", kShortNames[one.counter],
                        format_count(one.total));
  }
  return text;
}

std::vector<std::string> allowance_remedies(const std::vector<AllowanceSummary>& summaries) {
  std::vector<std::string> lines;
  for (const AllowanceSummary& one : summaries) {
    if (!one.there || one.remedy.empty()) continue;
    lines.push_back(fmt::format("{}: {}", kShortNames[one.counter], one.remedy));
  }
  return lines;
}

}  // namespace cgtally
