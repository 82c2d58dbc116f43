// SPDX-License-Identifier: Apache-2.0
// A process that is killed while it has a slot in its hands, between two maps, loses it: the slot
// is neither free nor an account's nor in the journal. Here the next keeper finds such slots and
// gives them back while programs go on counting. None is ever given out twice.
#pragma once

#include <cstddef>

#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// How many were found. Under the ledger's lock, and after the recovery of its journal. Takes two
// graces where one is missing, and else some system calls for each slot.
Result<std::size_t> give_back_lost_slots(Ledger& ledger);

}  // namespace cgtally::bpf
