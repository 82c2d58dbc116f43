// SPDX-License-Identifier: Apache-2.0
#include "core/credits/alarm.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

// The calm that must pass until the same warning may be given again.
constexpr Nanoseconds kCalm = std::chrono::minutes{1};

Nanoseconds capped_nanoseconds(double seconds) {
  constexpr double kLongest = 1e9;  // 30 years: the same as never
  return Nanoseconds(static_cast<std::int64_t>(std::min(seconds, kLongest) * 1e9));
}

std::string capped_duration(double seconds) { return format_duration(capped_nanoseconds(seconds)); }

}  // namespace

CreditDanger danger_of(const DirectionCredit& credit, Nanoseconds warn) {
  if (credit.state == CreditState::exhausted) return CreditDanger::exhausted;
  if (credit.state != CreditState::draining || !credit.empty) return CreditDanger::none;
  const TimeToEmpty& empty = *credit.empty;
  if (empty.hi_s && capped_nanoseconds(*empty.hi_s) < warn) return CreditDanger::certain;
  // With a lower bound of 0 the balance is not known, and nothing can be said.
  const bool soon = credit.balance.lo > 0 && capped_nanoseconds(empty.lo_s) < warn;
  return soon ? CreditDanger::possible : CreditDanger::none;
}

std::string danger_sentence(const DirectionCredit& credit, Nanoseconds warn) {
  const std::string_view direction = direction_name(credit.direction);
  switch (danger_of(credit, warn)) {
    case CreditDanger::none:
      return {};
    case CreditDanger::exhausted:
      return fmt::format("{} credits are exhausted: no more than {} goes through", direction,
                         format_bit_rate(credit.terms.baseline));
    case CreditDanger::certain:
      return fmt::format("{} will be empty within {} (at this rate in {} to {})", direction,
                         format_duration(warn), capped_duration(credit.empty->lo_s),
                         capped_duration(*credit.empty->hi_s));
    case CreditDanger::possible:
      break;
  }
  const std::string latest = credit.empty->hi_s ? fmt::format("at this rate no later than {}",
                                                              capped_duration(*credit.empty->hi_s))
                                                : "possibly never";
  return fmt::format("{} may be empty within {} (earliest {}; {})", direction,
                     format_duration(warn), capped_duration(credit.empty->lo_s), latest);
}

std::optional<std::string> CreditAlarm::update(const DirectionCredit& credit, const Moment& now) {
  const CreditDanger danger = danger_of(credit, warn_);
  if (danger >= reported_) {
    calm_since_.reset();
    if (danger == reported_) return std::nullopt;
    reported_ = danger;
    return fmt::format("{} {}", danger == CreditDanger::possible ? "NOTE" : "WARN",
                       danger_sentence(credit, warn_));
  }
  calm_since_ = calm_since_.value_or(now.boot);
  if (now.boot - *calm_since_ >= kCalm) {
    reported_ = danger;
    calm_since_.reset();
  }
  return std::nullopt;
}

}  // namespace cgtally
