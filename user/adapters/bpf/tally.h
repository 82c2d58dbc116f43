// SPDX-License-Identifier: Apache-2.0
// The ledger in the kernel and the programs that fill it. Owns the maps, loads the two tc programs
// once for each interface (the interface's key is a constant in them) and reads totals from mapped
// memory. Everything is gone with this object: links close, filters of ours are deleted, other
// people's stay.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/link.h"
#include "core/reading.h"
#include "core/result.h"

namespace cgtally::bpf {

struct TallyOptions {
  std::uint32_t slots = 4096;  // accounts that fit, over all interfaces; the rest is `(overflow)`
};

enum class HookKind : std::uint8_t { tcx, clsact };

struct Attachment {
  InterfaceKey key;
  Link link;
  HookKind hook = HookKind::tcx;
};

// A netns, as long as it is watched; issued by Tally, never reused.
struct NetnsKey {
  std::uint32_t value = 0;
};

struct SlotUse {
  std::uint32_t used = 0;  // by accounts and by the reasons of each interface
  std::uint32_t total = 0;
};

// What the programs have cost so far, where the kernel counts it (run_time of bpf statistics).
struct ProgramCost {
  std::uint64_t runs = 0;
  Nanoseconds time{};
};

class Tally {
 public:
  // Creates the maps. Nothing is attached to an interface yet.
  static Result<Tally> create(const TallyOptions& options);

  Tally(Tally&&) noexcept;
  Tally& operator=(Tally&&) noexcept;
  ~Tally();

  [[nodiscard]] NetnsKey add_netns();
  // Replaces the set of addresses that count as the netns' own: unicast and subnet broadcast.
  // (Multicast and 255.255.255.255 always count.)
  Result<void> set_addresses(NetnsKey netns, const std::vector<IpAddress>& addresses);

  // Attaches both directions to `link`. The calling thread must be in the link's netns: an ifindex
  // means nothing elsewhere. Without tcx it first removes filters that a dead cgtally left there.
  Result<InterfaceKey> attach(const Link& link, NetnsKey netns);
  // The interface has gone, or is no longer wanted. Its totals stay. The calling thread must be in
  // the link's netns if that still exists.
  void detach(InterfaceKey key);
  [[nodiscard]] const std::vector<Attachment>& attachments() const;

  // Totals of every account that has ever been booked, sums over CPUs.
  [[nodiscard]] std::vector<AccountTotals> read() const;
  [[nodiscard]] SlotUse slots() const;
  // The kernel's run time statistics cost two clock reads a packet, so they are for samples: on for
  // an interval now and then. cost() sums what was counted while they were on.
  void measure_cost(bool on);
  [[nodiscard]] ProgramCost cost() const;
  [[nodiscard]] std::uint64_t ledger_bytes() const;  // memory of the maps

 private:
  struct Impl;
  explicit Tally(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
