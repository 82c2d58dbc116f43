// SPDX-License-Identifier: Apache-2.0
// Finds slots that a killed process lost. A process that is killed between taking a slot from one
// map and putting it into another leaves a slot that is neither free nor an account's nor in the
// journal. The next keeper calls this while programs go on counting.
#pragma once

#include <cstddef>

#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// Returns how many slots were given back. Under the ledger's lock, after RetireJournal::recover().
// Waits for two RCU grace periods if a slot is missing; makes some system calls for each slot.
Result<std::size_t> give_back_lost_slots(Ledger& ledger);

}  // namespace cgtally::bpf
