// SPDX-License-Identifier: Apache-2.0
// The lines of `cgtally status`, made of facts: the state of the ledger and its keeper, its slots
// and cost, and for each interface the share of the device's own count that our programs have seen.
// Each line must be clear to a reader who sees it for the first time, at night.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoints/condition.h"
#include "core/health/coverage.h"
#include "core/health/host_diagnosis.h"
#include "core/instance/allowance_counters.h"
#include "core/traffic/direction.h"
#include "core/traffic/ledger_summary.h"
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
  std::uint32_t pid = 0;      // in its own pid namespace
  Nanoseconds last_active{};  // boot time; zero: never
};

struct SlotCondition {
  std::uint32_t used = 0;
  std::uint32_t total = 0;
  std::uint32_t ended = 0;       // of the used ones: held by accounts of removed cgroups
  std::uint64_t folded = 0;      // how often an idle account gave up its slot
  std::uint64_t beyond = 0;      // packets on the account of a subtree that had used up its share
  std::string most_beyond;       // the subtree with most of them
  std::uint32_t unattended = 0;  // of the ended ones: ended since a keeper was last active
  Traffic overflow;
  std::size_t names = 0;     // names of cgroups in the registry
  std::size_t removals = 0;  // removals of cgroups in the registry
  std::uint64_t missed = 0;  // names and removals that found no room
};

struct LedgerExpense {
  std::uint64_t map_bytes = 0;
  std::uint64_t windows_bytes = 0;  // of all interfaces
  Nanoseconds window{};
  std::uint32_t clock_read_bytes = 0;
  CountingCost cost;
  std::string not_measured;  // the reason, if measuring failed
};

struct DirectionCondition {
  bool attached = false;        // our program is attached
  std::optional<Bytes> device;  // the device's own count since we count
  Bytes counted;
  std::optional<double> seen;       // our count's share of the device's, since then; may be above 1
  std::optional<double> now;        // the same share while status ran
  std::optional<double> named;      // share of the counted bytes that is on cgroups
  std::optional<OverCount> over;    // more was counted than the device carried
  std::vector<std::string> before;  // descriptions of the programs that run before ours
};

struct QueueCondition {
  std::string kind;  // "fq_codel"; empty: no queue
  Bytes backlog;
  Packets waiting;
  Packets drops;
};

struct InterfaceCondition {
  std::string name;     // NAME or NAME@NETNS
  std::string hook;     // "tcx"; empty: not counted now
  std::string unknown;  // the reason, if its state could not be read
  Moment since;
  std::uint64_t gaps = 0;
  Nanoseconds gap{};
  std::uint64_t displaced = 0;  // how often another filter was put before ours
  Nanoseconds displaced_for{};
  DirectionCondition rx;
  DirectionCondition tx;
  QueueCondition queue;

  [[nodiscard]] const DirectionCondition& operator[](Direction direction) const {
    return direction == Direction::rx ? rx : tx;
  }
};

// A filter that a killed cgtally left.
struct Leftover {
  std::string iface;
  std::string direction;  // "ingress"
  std::uint32_t preference = 0;
};

struct LedgerStatusReport {
  Moment now;
  std::string location;                   // directory in which a ledger of this ABI is pinned
  std::uint32_t abi = 0;                  // this program's
  std::vector<std::uint32_t> other_abis;  // ABIs of other ledgers that are pinned
  std::optional<LedgerCondition> ledger;  // empty: of the members below only leftovers is known
  KeeperCondition keeper;
  SlotCondition slots;
  LedgerExpense expense;
  std::vector<RefusedCall> refused_calls;  // the programs count without these
  EndpointCondition endpoints;
  std::vector<std::string> awaited;  // by the keeper: "netns web", "interface eth7"
  std::vector<std::string> ended;    // chosen processes that have ended
  std::vector<InterfaceCondition> interfaces;
  std::vector<AllowanceSummary> allowances;  // of all interfaces, while status ran
  Nanoseconds allowances_over{};
  std::vector<std::string> without_allowances;  // names of interfaces
  Traffic gone;                                 // of interfaces that no longer exist
  std::vector<Leftover> leftovers;
};

[[nodiscard]] std::vector<std::string> status_lines(const LedgerStatusReport& status);

// The time until the free slots are used up, if accounts go on to end at the rate of the time
// `over` and their slots are not given back; empty: more than a hundred years.
[[nodiscard]] std::optional<Nanoseconds> full_in(const SlotCondition& slots, Nanoseconds over);

}  // namespace cgtally
