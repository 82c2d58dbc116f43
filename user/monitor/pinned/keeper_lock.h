// SPDX-License-Identifier: Apache-2.0
// The lock that makes a process the one keeper of a pinned ledger, and the way to stop the keeper
// that holds it.
#pragma once

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/pins.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::monitor {

// The lock, held until the result goes. EWOULDBLOCK: the ledger has a keeper.
Result<sys::Fd> lock_as_keeper(const bpf::Pins& pins);

// Stops the keeper of `ledger`, if one runs, and holds its lock.
Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::Ledger& ledger);
// The same for a ledger of another ABI; null for one that is not whole, whose keeper cannot be
// asked.
Result<sys::Fd> stop_keeper(const bpf::Pins& pins, bpf::OlderLedger* ledger);

}  // namespace cgtally::monitor
