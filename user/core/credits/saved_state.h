// SPDX-License-Identifier: Apache-2.0
// What is remembered of the credits from one run to the next, and what it is still worth: a restart
// of the program costs nothing while the counters went on, a reboot or another instance costs the
// balance. Where the text is kept is not known here.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/credits/bucket.h"
#include "core/credits/top_accounts.h"
#include "core/traffic/traffic.h"

namespace cgtally {

// Whose credits they are, and what was counted when.
struct CreditIdentity {
  std::string instance;  // the provider's id of it, or this machine's
  std::string type;      // "t4g.micro"; empty where only figures were told
  std::string boot;      // the kernel's id of this boot
  Moment at;
  std::string ledger;             // changes when totals begin again
  Traffic booked;                 // in that ledger, on what is charged
  std::optional<Traffic> device;  // the same devices' own counters, if those are of the wire
};

struct SavedCredits {
  CreditIdentity place;
  SavedBucket tx;
  SavedBucket rx;

  [[nodiscard]] const SavedBucket& of(Direction way) const {
    return way == Direction::tx ? tx : rx;
  }
};

[[nodiscard]] std::string saved_credits_text(const SavedCredits& memory);
// An Error says what is wrong with it, and in which line.
[[nodiscard]] Result<SavedCredits> parse_saved_credits(std::string_view text);

struct Resumption {
  bool same_instance = false;
  bool same_boot = false;  // implies the above: then the balance goes on
  Nanoseconds gap{};
  std::optional<Traffic> charged;  // meanwhile; none: nobody knows
  Traffic unseen;                  // what the counters that tell so may lack, at most
  std::string how;                 // in words: "known by the ledger, which counted on"
};
[[nodiscard]] Resumption resume(const SavedCredits& memory, const CreditIdentity& now);

}  // namespace cgtally
