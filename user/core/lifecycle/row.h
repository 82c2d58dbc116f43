// SPDX-License-Identifier: Apache-2.0
// One line of `cgtally lifecycle`: a container has begun or ended, and what still came after its
// end. csv/lifecycle writes and reads it, lines.h puts it into words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/containers/account_label.h"
#include "core/traffic/reading.h"

namespace cgtally::lifecycle {

enum class Event : std::uint8_t { begun, ended };

// How much of what came after the end is in the row.
enum class Extent : std::uint8_t {
  complete,  // it is over: nothing came for some seconds
  so_far,    // it may go on: the run ended before, or it did not stop within a minute
};

// Times after the end; below 0: before it, because a process closes its sockets before it is gone.
struct Tail {
  std::optional<Nanoseconds> first;  // empty: not known
  Nanoseconds last{};
  bool operator==(const Tail&) const = default;
};

// Packets that came for the container's addresses and ports when no socket took them any more.
struct Late {
  Packets packets;
  Bytes payload;
  std::uint64_t connections = 0;  // SYN without ACK, each try
  std::uint64_t resets = 0;       // answered
  std::optional<Tail> tail;       // empty: no packets
  bool operator==(const Late&) const = default;
};

// What a keeper saw in the network namespace that the container shared with others.
struct InsidePod {
  bool refusals_known = true;        // false: the next four say nothing
  std::uint64_t refused = 0;         // connections that were asked for in vain
  std::uint64_t refused_before = 0;  // further ones, just before the end
  std::uint64_t resets = 0;          // sent, to whomever
  std::optional<Tail> tail;          // of both kinds of refusals; empty: none
  std::uint64_t siblings = 0;        // containers that lived on
  std::string names;                 // of these, as far as they are known: "log, proxy"
  Traffic traffic;                   // that they had after the end
  std::optional<Nanoseconds> quiet;  // since when nothing came any more; empty: it had not stopped
  std::string state;                 // why the keeper stopped watching: aftermath.h

  [[nodiscard]] bool lost() const { return refused + refused_before > 0; }
  bool operator==(const InsidePod&) const = default;
};

// The ends of one name, this one and those before it, of which something is known.
struct Ends {
  std::uint64_t count = 0;
  std::uint64_t lossy = 0;  // after which something was lost
  Nanoseconds median{};     // tails; an end without a loss has none: 0
  Nanoseconds worst{};
  bool operator==(const Ends&) const = default;
};

struct Row {
  Moment at;
  std::string host;
  std::string ledger;
  Event event = Event::begun;
  std::uint64_t cgroup_id = 0;
  std::string account;  // cgroup2 path
  ContainerName owner{};
  std::string name = {};  // by which ends are compared: names.h
  // Of an end. `lived` is empty if the container is older than the ledger.
  std::optional<Nanoseconds> lived = std::nullopt;
  std::optional<Traffic> totals = std::nullopt;
  Late late = {};
  std::optional<InsidePod> pod = std::nullopt;  // empty: nobody watched, or no pod
  Extent extent = Extent::complete;
  Ends ends = {};

  [[nodiscard]] std::string label() const { return account_label(account, owner); }
};

// Whether it was in a pod, whose other containers may live on.
[[nodiscard]] bool in_pod(const Row& row);
// Whether requests, or parts of them, found nobody: connections, payload, resets or refusals. A
// packet without payload that comes late closes a connection and is no loss.
[[nodiscard]] bool lost_something(const Row& row);
// For how long after the end something was still lost: how much later the container would have had
// to end. It counts from the first loss if that came before the end. 0: nothing was lost. Empty if
// it is not known, because nobody watched the pod.
[[nodiscard]] std::optional<Nanoseconds> tail_of(const Row& row);

// The delay that covers such a tail, in whole seconds: a fifth more, at least a second more.
[[nodiscard]] std::uint64_t covering_delay_s(Nanoseconds tail);

}  // namespace cgtally::lifecycle
