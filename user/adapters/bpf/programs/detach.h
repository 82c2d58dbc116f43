// SPDX-License-Identifier: Apache-2.0
// Detaches the hooks of a pinned ledger by its interface records and link pins, whichever process
// attached them. Totals stay.
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

// Finds a netns by its id and the name that --netns gave it.
using FindNetns = std::function<Result<netns::Netns>(const NetnsId& id, const std::string& name)>;
// A FindNetns that uses netns::Netns::find() below `host_root`.
[[nodiscard]] FindNetns find_netns_below(std::string host_root);

// Told after each interface; the kernel may take tens of milliseconds for one.
using OnDetached = std::function<void(std::size_t done, std::size_t all)>;

// Detaches one interface and notes it in the record. Succeeds if the interface has gone.
Result<void> detach_interface(Ledger& ledger, const std::string& directory, InterfaceKey key,
                              const FindNetns& find, Nanoseconds now);
// Detaches all interfaces of a ledger of another ABI, in `directory`. Does not change its records.
Result<void> detach_everything(const OlderLedger& ledger, const std::string& directory,
                               const FindNetns& find, const OnDetached& on_detached = {});
// Detaches all interfaces, then removes the liveness link and the registry's programs.
Result<void> detach_everything(Ledger& ledger, const std::string& directory, const FindNetns& find,
                               Nanoseconds now, const OnDetached& on_detached = {});

}  // namespace cgtally::bpf
