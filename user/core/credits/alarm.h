// SPDX-License-Identifier: Apache-2.0
// Warnings before the credits end. WARN: empty before `warn` is over, for certain. NOTE: possibly.
// A balance that is not known gives no warning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/credits/report.h"

namespace cgtally {

enum class CreditDanger : std::uint8_t { none, possible, certain, exhausted };

[[nodiscard]] CreditDanger danger_of(const DirectionCredit& credit, Nanoseconds warn);
// "tx may be empty within 10 min (earliest 2m28s; at this rate no later than 27m)"; empty if there
// is no danger.
[[nodiscard]] std::string danger_sentence(const DirectionCredit& credit, Nanoseconds warn);

// Decides for one direction when a warning is due: once for each degree of danger, and again only
// after the danger had passed for a minute. CreditMonitor owns one for each direction and passes
// the sentences on; the alarm prints nothing.
class CreditAlarm {
 public:
  explicit CreditAlarm(Nanoseconds warn) : warn_(warn) {}

  // The warning that is due now, which begins with "WARN " or "NOTE ".
  [[nodiscard]] std::optional<std::string> update(const DirectionCredit& credit, const Moment& now);

 private:
  Nanoseconds warn_;
  CreditDanger reported_ = CreditDanger::none;
  std::optional<Nanoseconds> calm_since_;  // boot time
};

}  // namespace cgtally
