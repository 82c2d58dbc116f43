// SPDX-License-Identifier: Apache-2.0
// The saved state of the credits as text, and its worth at the next start: a restart of the program
// loses nothing while the counters went on; a reboot or another instance loses the balance.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/credits/bucket.h"
#include "core/traffic/direction.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// The instance that the credits belong to, and the counters at the moment of saving.
struct CreditIdentity {
  std::string instance;  // the provider's id of it, or this machine's id
  std::string type;      // "t4g.micro", or baseline and burst if only figures were given
  std::string boot;      // the kernel's id of this boot
  Moment at;
  std::string ledger;             // changes when totals begin again
  Traffic counted;                // in that ledger, on the billed interfaces
  std::optional<Traffic> device;  // the same devices' own counters, if those count wire bytes
};

struct SavedCredits {
  CreditIdentity identity;
  PerDirection<SavedBucket> buckets;
};

[[nodiscard]] std::string saved_credits_text(const SavedCredits& saved);
// The Error says what is wrong, and in which line or under which name.
[[nodiscard]] Result<SavedCredits> parse_saved_credits(std::string_view text);

// The time between the moment of saving and now.
struct SaveGap {
  bool same_instance = false;
  bool same_boot = false;  // implies same_instance; only then does the balance go on
  Nanoseconds length{};
  std::optional<Traffic> charged;  // in that time; std::nullopt: no counter went on
  Traffic unseen;                  // the most that the counter behind `charged` may have missed
  std::string explanation;         // "known by the ledger, which counted on"
};
[[nodiscard]] SaveGap gap_since(const SavedCredits& saved, const CreditIdentity& now);

}  // namespace cgtally
