// SPDX-License-Identifier: Apache-2.0
// The tc programs that fill a ledger, on all interfaces that a process counts. They are loaded once
// for each interface and attached at its two hooks.
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
#include "adapters/bpf/programs/endpoint_maps.h"
#include "adapters/bpf/programs/origin_hooks.h"
#include "core/base/result.h"
#include "core/traffic/interface.h"
#include "core/traffic/ledger_summary.h"
#include "core/traffic/reading.h"

namespace cgtally::bpf {

using LedgerOptions = LedgerOptions;

struct Attachment {
  InterfaceKey key;
  Interface link;
  HookKind hook = HookKind::tcx;
  std::array<std::uint32_t, 2> program_ids{};  // ingress, egress
};

// Names a netns for as long as a process counts in it. Issued by PacketPrograms, never reused.
struct NetnsKey {
  std::uint32_t value = 0;
};

// The cost of the programs so far, from the kernel's statistics (run_cnt and run_time_ns).
struct ProgramCost {
  std::uint64_t runs = 0;
  Nanoseconds time{};
  ProgramCost& operator+=(const ProgramCost& other) {
    runs += other.runs;
    time += other.time;
    return *this;
  }
};

// A hook of ours that another program removed, or another filter displaced from the head of its
// preference, and that is attached there again.
struct ReattachedHook {
  InterfaceKey key;
  std::string iface;
  Nanoseconds gap{};         // packets were not counted for at most this long
  std::string displaced_by;  // "NAME (pref 1)"; empty: our program was taken away
};

// Private sessions and the keeper have one. With a private ledger, destruction detaches everything:
// links close, our filters are deleted, those of others stay. With a pinned ledger everything stays
// attached, and the next PacketPrograms takes it over. Does not follow interfaces or addresses
// (monitor/session/netns_interfaces.h does), and retires no account.
class PacketPrograms {
 public:
  // Creates a private ledger. Attaches to no interface yet.
  static Result<PacketPrograms> create(const LedgerOptions& options);
  // Fills the pinned `ledger`; links are pinned below `directory`.
  static Result<PacketPrograms> open(Ledger ledger, std::string directory);

  PacketPrograms(PacketPrograms&&) noexcept;
  PacketPrograms& operator=(PacketPrograms&&) noexcept;
  ~PacketPrograms();

  [[nodiscard]] NetnsKey add_netns();
  // Removes the addresses and endpoints that earlier keepers set. To be called once everything is
  // attached.
  Result<void> forget_earlier_netns();
  // Sets the addresses that count as the netns' own: unicast and subnet broadcast. (Multicast and
  // 255.255.255.255 always count as own.)
  Result<void> set_addresses(NetnsKey netns, const std::vector<IpAddress>& addresses);

  // The maps and the program with which an EndpointWatcher names forwarded traffic of that netns.
  // Both end before this.
  [[nodiscard]] Result<EndpointMaps> endpoint_maps(NetnsKey netns) const;
  [[nodiscard]] std::shared_ptr<OriginProgram> origin_program() const;

  // Attaches both directions to `link`. The calling thread must be in the link's netns: an ifindex
  // has no meaning elsewhere. Without tcx, first removes orphaned filters of ours. An interface
  // that the pinned ledger knows keeps its key, also under another name.
  Result<InterfaceKey> attach(const Interface& link, NetnsKey netns,
                              const std::string& netns_label = {});
  // Tells whether a program of ours is still attached at that interface: then it is the one of
  // `key`, whatever its name is now. The calling thread must be in its netns.
  [[nodiscard]] bool is_attached_at(InterfaceKey key, int ifindex) const;
  // The interface has a new name. Its key, programs and totals stay.
  void rename(InterfaceKey key, const std::string& name);
  // Detaches an interface that has gone or is no longer wanted. Its totals stay. The calling thread
  // must be in the link's netns if that still exists.
  void detach(InterfaceKey key);
  // Detaches all interfaces of a netns, whose key is not used again.
  void detach_netns(NetnsKey netns);
  // Attaches the hooks of `netns_inode` that were removed by others, and moves filters that others
  // displaced back to the head of their preference. The calling thread must be in that netns.
  [[nodiscard]] std::vector<ReattachedHook> reattach(std::uint64_t netns_inode, Nanoseconds now);
  // True once, if nf_conntrack was loaded after the programs: reload() them then. Cheap.
  [[nodiscard]] bool conntrack_has_come();
  // Loads the programs of the interfaces of `netns_inode` for the kernel as it is now, and puts
  // them in the place of those that are attached: no packet meets neither or both, and totals and
  // windows go on. The calling thread must be in that netns. After an Error the old programs count
  // on.
  Result<void> reload(std::uint64_t netns_inode);
  [[nodiscard]] const std::vector<Attachment>& attachments() const;

  // The window map of an attached interface; empty if windows are off.
  [[nodiscard]] std::optional<int> windows_fd(InterfaceKey key) const;
  [[nodiscard]] Result<Windows> windows(InterfaceKey key) const;
  [[nodiscard]] Nanoseconds window() const;
  [[nodiscard]] std::uint32_t clock_read_bytes() const;

  // Totals of every account, summed over CPUs.
  [[nodiscard]] std::vector<AccountTotals> read() const;
  [[nodiscard]] SlotUse slots() const;
  // Turns the kernel's run time statistics on or off. They cost two clock reads for each packet, so
  // they are on for an interval now and then. cost() sums what was measured while they were on.
  void measure_cost(bool on);
  [[nodiscard]] CountingCost cost() const;
  [[nodiscard]] std::uint64_t ledger_bytes() const;  // memory of the maps
  [[nodiscard]] Ledger& ledger();

 private:
  struct Impl;
  explicit PacketPrograms(std::unique_ptr<Impl> impl);
  static Result<PacketPrograms> start(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
