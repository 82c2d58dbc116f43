// SPDX-License-Identifier: Apache-2.0
// The allowance counters in words. Nothing is called harmless unless the connections say so too.
#include "core/base/quantity.h"
#include "core/instance/allowance_counters.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kNormalDelay = 5ms;
constexpr std::uint64_t kNormalRetransmits = 1000;  // one byte of so many

// As on the screens, where rx and tx are known words.
std::string_view short_name(AllowanceCounter counter) {
  switch (counter) {
    case AllowanceCounter::bw_in:
      return "rx";
    case AllowanceCounter::bw_out:
      return "tx";
    case AllowanceCounter::pps:
      return "pps";
    case AllowanceCounter::conntrack:
      return "conntrack";
    case AllowanceCounter::linklocal:
      return "linklocal";
    case AllowanceCounter::conntrack_available:
      return "connections left";
  }
  return {};
}

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
  if (!is_normal(effect)) {
    return AllowanceHarm::hurts;
  }
  return verdict == AllowanceVerdict::sporadic ? AllowanceHarm::harmless : AllowanceHarm::unknown;
}

std::string effect_words(const NetworkEffect& effect) {
  std::string words;
  if (effect.queue_delay_p99) words = "queue delay p99 " + format_duration(*effect.queue_delay_p99);
  if (!effect.retransmitted) return words;
  return words + (words.empty() ? "" : ", ") +
         (effect.retransmitted->value == 0 ? "no retransmits"
                                           : format_bytes(*effect.retransmitted) + " sent again");
}

std::string harm_words(AllowanceVerdict verdict, const NetworkEffect& effect) {
  if (verdict == AllowanceVerdict::none || verdict == AllowanceVerdict::quiet) {
    return {};
  }
  if (!effect.queue_delay_p99 || !effect.retransmitted) {
    return "no connection tells whether it hurts";
  }
  const std::string felt = effect_words(effect);
  switch (harm_of(verdict, effect)) {
    case AllowanceHarm::harmless:
      return felt + ": harmless";
    case AllowanceHarm::hurts:
      return felt + ": it hurts";
    case AllowanceHarm::unknown:
      break;
  }
  return felt;
}

std::string allowance_words(const std::vector<AllowanceSummary>& summaries) {
  std::string text;
  std::string left;
  for (const AllowanceSummary& one : summaries) {
    if (one.there && one.counter == AllowanceCounter::conntrack_available) {
      left = " (" + format_count(one.last_minute) + " left)";
    }
  }
  for (const AllowanceSummary& one : summaries) {
    if (!one.there || one.counter == AllowanceCounter::conntrack_available) {
      continue;
    }
    text += (text.empty() ? "" : "  ") + std::string(short_name(one.counter)) + " " +
            format_count(one.last_minute);
    if (one.last_minute > 0) {
      text += " " + std::string(verdict_name(one.verdict));
    }
    if (one.counter == AllowanceCounter::conntrack) {
      text += std::exchange(left, "");
    }
  }
  return left.empty() ? text : text + (text.empty() ? "conntrack" : "  conntrack") + left;
}

std::string allowance_totals_words(const std::vector<AllowanceSummary>& summaries) {
  std::string text;
  for (const AllowanceSummary& one : summaries) {
    if (one.there && one.counter != AllowanceCounter::conntrack_available) {
      text += (text.empty() ? "" : "  ") + std::string(short_name(one.counter)) + " " +
              format_count(one.total);
    }
  }
  return text;
}

std::vector<std::string> allowance_remedies(const std::vector<AllowanceSummary>& summaries) {
  std::vector<std::string> lines;
  for (const AllowanceSummary& one : summaries) {
    if (one.there && !one.remedy.empty()) {
      lines.push_back(std::string(short_name(one.counter)) + ": " + one.remedy);
    }
  }
  return lines;
}

}  // namespace cgtally
