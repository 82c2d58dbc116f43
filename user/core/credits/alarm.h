// SPDX-License-Identifier: Apache-2.0
// When somebody must hear of the credits. WARN: empty before `warn` is over, for sure. NOTE: only
// perhaps. Each is said once, and again only after the danger had passed; never of a balance that
// nobody knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/credits/report.h"

namespace cgtally {

enum class CreditDanger : std::uint8_t { none, possible, certain, exhausted };

[[nodiscard]] CreditDanger danger_of(const DirectionCredit& credit, Nanoseconds warn);
// "tx may be empty within 10 min (earliest 2m28s; at this rate no later than 27m)"; empty: none.
[[nodiscard]] std::string danger_sentence(const DirectionCredit& credit, Nanoseconds warn);

class CreditAlarm {
 public:
  explicit CreditAlarm(Nanoseconds warn) : warn_(warn) {}

  // What is to be said now, with its "WARN " or "NOTE " in front.
  [[nodiscard]] std::optional<std::string> hear(const DirectionCredit& credit, const Moment& now);

 private:
  Nanoseconds warn_;
  CreditDanger told_ = CreditDanger::none;
  std::optional<Nanoseconds> calm_since_;  // boot time
};

}  // namespace cgtally
