// SPDX-License-Identifier: Apache-2.0
// The programs that fill a ledger: loaded once for each interface (its key is a constant in them)
// and hung on its tc hooks. With a private ledger everything is gone with this object: links close,
// filters of ours are deleted, other people's stay. With a pinned one all of it stays attached, and
// the next PacketPrograms takes over what it finds.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/windows.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"
#include "core/traffic/reading.h"

namespace cgtally::bpf {

using LedgerOptions = LedgerOptions;

struct Attachment {
  InterfaceKey key;
  Interface link;
  HookKind hook = HookKind::tcx;
  std::array<std::uint32_t, 2> program_ids{};  // ingress, egress
};

// A netns, as long as it is watched; issued by PacketPrograms, never reused.
struct NetnsKey {
  std::uint32_t value = 0;
};

// What the programs have cost so far, where the kernel counts it (run_time of bpf statistics).
struct ProgramCost {
  std::uint64_t runs = 0;
  Nanoseconds time{};
  ProgramCost& operator+=(const ProgramCost& other) {
    runs += other.runs;
    time += other.time;
    return *this;
  }
};

// A hook of ours that somebody took away, and that hangs again.
struct ReattachedHook {
  InterfaceKey key;
  std::string iface;
  Nanoseconds gap{};  // nobody counted for at most so long
};

class PacketPrograms {
 public:
  // Private maps. Nothing is attached to an interface yet.
  static Result<PacketPrograms> create(const LedgerOptions& options);
  // Fills the pinned `ledger`; the links are pinned below `directory`.
  static Result<PacketPrograms> open(Ledger ledger, std::string directory);

  PacketPrograms(PacketPrograms&&) noexcept;
  PacketPrograms& operator=(PacketPrograms&&) noexcept;
  ~PacketPrograms();

  [[nodiscard]] NetnsKey add_netns();
  // Once everything is attached: nobody asks any more for the addresses that earlier keepers set.
  Result<void> forget_earlier_netns();
  // Replaces the set of addresses that count as the netns' own: unicast and subnet broadcast.
  // (Multicast and 255.255.255.255 always count.)
  Result<void> set_addresses(NetnsKey netns, const std::vector<IpAddress>& addresses);

  // Attaches both directions to `link`. The calling thread must be in the link's netns: an ifindex
  // means nothing elsewhere. Without tcx it first removes filters that a dead cgtally left there.
  // An interface that a pinned ledger knows goes on under its key.
  Result<InterfaceKey> attach(const Interface& link, NetnsKey netns,
                              const std::string& netns_label = {});
  // The interface has gone, or is no longer wanted. Its totals stay. The calling thread must be in
  // the link's netns if that still exists.
  void detach(InterfaceKey key);
  // Attaches again what somebody has taken away. The calling thread must be in `netns_inode`, whose
  // interfaces are looked at.
  [[nodiscard]] std::vector<ReattachedHook> reattach(std::uint64_t netns_inode, Nanoseconds now);
  [[nodiscard]] const std::vector<Attachment>& attachments() const;

  // The windows of an attached interface, as windows.h maps them; none where they are not kept.
  [[nodiscard]] std::optional<int> windows_fd(InterfaceKey key) const;
  [[nodiscard]] Result<Windows> windows(InterfaceKey key) const;
  [[nodiscard]] Nanoseconds window() const;
  [[nodiscard]] std::uint32_t clock_read_bytes() const;

  // Totals of every account that has ever been booked, sums over CPUs.
  [[nodiscard]] std::vector<AccountTotals> read() const;
  [[nodiscard]] SlotUse slots() const;
  // The kernel's run time statistics cost two clock reads a packet, so they are for samples: on for
  // an interval now and then. cost() sums what was counted while they were on.
  void measure_cost(bool on);
  [[nodiscard]] ProgramCost cost() const;
  [[nodiscard]] std::uint64_t ledger_bytes() const;  // memory of the maps
  [[nodiscard]] Ledger& ledger();

 private:
  struct Impl;
  explicit PacketPrograms(std::unique_ptr<Impl> impl);
  static Result<PacketPrograms> start(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
