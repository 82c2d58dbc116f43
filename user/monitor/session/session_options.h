// SPDX-License-Identifier: Apache-2.0
// The inputs of a session, with their defaults. The command line takes its defaults from here.
#pragma once

#include <string>

#include "adapters/bpf/ledger/ledger_options.h"
#include "core/containers/grouping.h"
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

// The interfaces to count and the ledger to count in. Commands fill it from their options;
// Session::start() reads it.
struct SessionOptions {
  InterfaceChoice choice;
  bpf::LedgerOptions ledger;  // of a private ledger; a pinned one has its own
  std::string bpffs = bpf::kDefaultBpffs;
  bool private_ledger = false;        // also if a pinned one is up
  Grouping by = Grouping::cgroup;     // what accounts are summed by
  AskedToEnd asked_to_end = nullptr;  // asked while the start takes long; empty: never
};

}  // namespace cgtally::monitor
