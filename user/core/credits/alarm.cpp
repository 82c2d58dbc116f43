// SPDX-License-Identifier: Apache-2.0
#include "core/credits/alarm.h"

#include <algorithm>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

// So long it must be calm until the same may be said again.
constexpr Nanoseconds kCalm = std::chrono::minutes{1};

Nanoseconds nanoseconds(double seconds) {
  constexpr double kLongest = 1e9;  // 30 years: the same as never
  return Nanoseconds(static_cast<std::int64_t>(std::min(seconds, kLongest) * 1e9));
}

}  // namespace

CreditDanger danger_of(const DirectionCredit& credit, Nanoseconds warn) {
  if (credit.state == CreditState::exhausted) return CreditDanger::exhausted;
  if (credit.state != CreditState::draining || !credit.empty) return CreditDanger::none;
  if (credit.empty->hi_s && nanoseconds(*credit.empty->hi_s) < warn) return CreditDanger::certain;
  // A balance whose lower end is zero is not known: nothing can be said of it.
  const bool soon = credit.balance.lo > 0 && nanoseconds(credit.empty->lo_s) < warn;
  return soon ? CreditDanger::possible : CreditDanger::none;
}

std::string danger_sentence(const DirectionCredit& credit, Nanoseconds warn) {
  const std::string way(direction_name(credit.way));
  switch (danger_of(credit, warn)) {
    case CreditDanger::none:
      return {};
    case CreditDanger::exhausted:
      return way + " credits are exhausted: no more than " +
             format_bit_rate(credit.terms.baseline) + " goes through";
    case CreditDanger::certain:
      return way + " will be empty within " + format_duration(warn) + " (at this rate in " +
             format_duration(nanoseconds(credit.empty->lo_s)) + " to " +
             format_duration(nanoseconds(*credit.empty->hi_s)) + ")";
    case CreditDanger::possible:
      return way + " may be empty within " + format_duration(warn) + " (earliest " +
             format_duration(nanoseconds(credit.empty->lo_s)) +
             (credit.empty->hi_s ? "; at this rate no later than " +
                                       format_duration(nanoseconds(*credit.empty->hi_s))
                                 : "; possibly never") +
             ")";
  }
  return {};
}

std::optional<std::string> CreditAlarm::hear(const DirectionCredit& credit, const Moment& now) {
  const CreditDanger danger = danger_of(credit, warn_);
  if (danger >= told_) {
    calm_since_.reset();
    if (danger == told_) return std::nullopt;
    told_ = danger;
    return (danger == CreditDanger::possible ? "NOTE " : "WARN ") + danger_sentence(credit, warn_);
  }
  calm_since_ = calm_since_.value_or(now.boot);
  if (now.boot - *calm_since_ >= kCalm) {
    told_ = danger;
    calm_since_.reset();
  }
  return std::nullopt;
}

}  // namespace cgtally
