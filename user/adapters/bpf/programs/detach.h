// SPDX-License-Identifier: Apache-2.0
// Detaches what a pinned ledger has attached, whoever attached it: by the records of its interfaces
// and the pins of its links. Totals stay.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/programs/migration.h"
#include "adapters/netns/netns.h"
#include "core/base/result.h"
#include "core/base/units.h"
#include "core/traffic/account.h"

namespace cgtally::bpf {

// A netns by its id and the name that --netns gave it.
using FindNetns = std::function<Result<netns::Netns>(const NetnsId& id, const std::string& name)>;
// By netns::Netns::find().
[[nodiscard]] FindNetns find_netns_below(std::string host_root);

// One interface. The record says so afterwards.
Result<void> detach_interface(Ledger& ledger, const std::string& directory, InterfaceKey key,
                              const FindNetns& find, Nanoseconds now);
// The same for a ledger of another ABI, in `directory`; its records stay as they are.
Result<void> detach_everything(const OlderLedger& ledger, const std::string& directory,
                               const FindNetns& find);
// All of them, then the mark of the owner and the programs that follow cgroups.
Result<void> detach_everything(Ledger& ledger, const std::string& directory, const FindNetns& find,
                               Nanoseconds now);

// Filters of a killed cgtally on an interface of the calling thread's netns: which there are; and
// away with them, how many there were.
Result<std::vector<OrphanedFilter>> find_leftovers(int ifindex);
Result<int> remove_leftovers(int ifindex);

}  // namespace cgtally::bpf
