// SPDX-License-Identifier: Apache-2.0
// The names and globs that the keeper of a pinned ledger was asked to count, kept beside the
// totals: readers and `status` then know what is waited for.
#pragma once

#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// The keeper writes it; LedgerView hands it out. Empty lists: the default of that option.
struct LedgerChoice {
  struct Netns {
    std::string text;
    bool ended = false;  // a process that has ended: it is not waited for
    bool operator==(const Netns&) const = default;
  };
  std::vector<std::string> interfaces;  // of --iface
  std::vector<Netns> netns;             // of --netns
  bool operator==(const LedgerChoice&) const = default;
};

// Texts of more than 247 bytes are cut; of more than 256 in all, the others are left out.
Result<void> write_choice(Ledger& ledger, const LedgerChoice& choice);
[[nodiscard]] LedgerChoice read_choice(const Ledger& ledger);

}  // namespace cgtally::bpf
