// SPDX-License-Identifier: Apache-2.0
// What `status` says, from facts to lines: whether a ledger counts, who looks after it, how full it
// is, what it costs, and how much of what the devices counted came by our hooks. Each line is to be
// understood by somebody who sees it for the first time, at night.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/instance/allowance_counters.h"
#include "core/traffic/reading.h"
#include "core/traffic/traffic.h"

namespace cgtally {

struct LedgerCondition {
  enum class State : std::uint8_t { up, down, unfinished } state = State::up;
  std::string id;
  Moment made;
};

struct KeeperCondition {
  bool there = false;
  std::uint32_t pid = 0;      // as it sees itself
  Nanoseconds last_looked{};  // boot time; zero: never
};

struct SlotCondition {
  std::uint32_t used = 0;
  std::uint32_t total = 0;
  std::uint32_t ended = 0;       // of those: held by accounts of cgroups that are no more
  std::uint32_t unattended = 0;  // of those: ended since a keeper last looked
  Traffic overflow;
  std::size_t names = 0;  // of cgroups that are remembered
  std::size_t deaths = 0;
  std::uint64_t missed = 0;  // names and deaths that found no room
};

struct LedgerExpense {
  std::uint64_t map_bytes = 0;
  std::uint64_t windows_bytes = 0;  // of all interfaces
  Nanoseconds window{};
  std::uint32_t clock_read_bytes = 0;
  std::uint64_t runs = 0;  // of the programs, while it was measured
  Nanoseconds run_time{};
  Nanoseconds measured{};    // for so long; zero: not at all
  std::string not_measured;  // why
};

struct DirectionCondition {
  bool attached = false;        // our program was found there
  std::optional<Bytes> device;  // what the device itself counted since we do
  Bytes booked;
  std::optional<double> seen;       // share of the device's count that came by, since then
  std::optional<double> now;        // the same, while status looked
  std::optional<double> named;      // share of the booked bytes that is on cgroups
  std::vector<std::string> before;  // who runs before ours, described
};

struct QueueCondition {
  std::string kind;  // empty: there is none
  Bytes backlog;
  Packets waiting;
  Packets drops;
};

struct InterfaceCondition {
  std::string name;     // NAME or NAME@NETNS
  std::string hook;     // "tcx"; empty: it is not to be counted now
  std::string unknown;  // why it could not be looked at; empty if it could
  Moment since;
  std::uint64_t gaps = 0;
  Nanoseconds gap{};
  DirectionCondition rx;
  DirectionCondition tx;
  QueueCondition queue;
};

// A filter that a killed cgtally left.
struct Leftover {
  std::string iface;
  std::string direction;  // "ingress"
  std::uint32_t preference = 0;
};

struct LedgerStatusReport {
  Moment now;
  std::string place;                      // where a ledger of this ABI is pinned, or would be
  std::uint32_t abi = 0;                  // this program's
  std::vector<std::uint32_t> other_abis;  // of ledgers that are there too
  std::optional<LedgerCondition> ledger;  // none: nothing else below is known but leftovers
  KeeperCondition keeper;
  SlotCondition slots;
  LedgerExpense expense;
  std::vector<InterfaceCondition> interfaces;
  std::vector<AllowanceSummary> allowances;  // of all interfaces, while status looked
  Nanoseconds allowances_over{};
  std::vector<std::string> without_allowances;  // names of interfaces
  Traffic gone;                                 // of interfaces that no longer exist
  std::vector<Leftover> leftovers;
};

[[nodiscard]] std::vector<std::string> status_lines(const LedgerStatusReport& status);

// When the free slots are used up, if accounts go on to end as they did for `over`, and nobody
// gives their slots back; none: not at this rate.
[[nodiscard]] std::optional<Nanoseconds> full_in(const SlotCondition& slots, Nanoseconds over);

}  // namespace cgtally
