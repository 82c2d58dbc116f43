// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/grouped_session.h"

namespace cgtally::monitor {

// Final totals and reading must be of one moment: what is retired in between would be in both, or
// in neither.
Reading GroupedSession::first_reading() {
  constexpr int kTries = 100;
  Reading reading;
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t generation = inner_->retire_generation();
    reading = inner_->read();
    const auto earlier = inner_->earlier_final_totals();
    if (generation % 2 != 0 || inner_->retire_generation() != generation) continue;
    reading.final_totals.clear();
    groups_.recall(reading.ledger, earlier, names());
    break;
  }
  return reading;
}

Reading GroupedSession::read() {
  const Reading reading = std::exchange(began_, true) ? inner_->read() : first_reading();
  return groups_.group(reading, names());
}

std::optional<Account> GroupedSession::account_of_slot(std::uint32_t slot) {
  const auto account = inner_->account_of_slot(slot);
  return account ? std::optional(account_of(*account)) : std::nullopt;
}

}  // namespace cgtally::monitor
