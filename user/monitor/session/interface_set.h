// SPDX-License-Identifier: Apache-2.0
// The counted interfaces of all netns that the user chose, as both come, go and come back. Checks
// the choice over all of them, and gives each interface a name that is unique among them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/netns/mount_watcher.h"
#include "adapters/sys/poller.h"
#include "adapters/sys/timer.h"
#include "core/base/recent_set.h"
#include "core/base/result.h"
#include "monitor/endpoints/endpoint_watcher.h"
#include "monitor/notices.h"
#include "monitor/session/device_snapshot.h"
#include "monitor/session/interface_choice.h"
#include "monitor/session/interface_names.h"
#include "monitor/session/netns_choice.h"
#include "monitor/session/netns_interfaces.h"

namespace cgtally::monitor {

// PrivateSession and Keeper have one, and pass the programs in which it attaches and detaches. Does
// not detach by itself when it ends: a keeper's programs stay attached.
class InterfaceSet {
 public:
  // Checks the choice. Attaches nothing, and needs no privilege in cgtally's own netns. `notices`
  // must outlive the result.
  static Result<InterfaceSet> open(const InterfaceChoice& choice, Notices& notices);

  // Attaches for the first time: an interface that refuses is an Error here. False: stopped before
  // all were attached, because it was asked to end.
  Result<bool> attach_all(bpf::PacketPrograms& programs, const AskedToEnd& asked_to_end);
  // From here on the poller's callbacks attach to what comes, and detach from what goes: netns and
  // interfaces. A callback works for a part of a second only: what is left to do is done at the
  // next one. The poller and `programs` must outlive this.
  Result<void> follow_changes(sys::Poller& poller, bpf::PacketPrograms& programs);
  // Before the process ends without destroying this: the endpoints of pods would not be kept right.
  void leave_endpoints() { endpoints_.reset(); }
  // Attaches again where somebody took our program away.
  void reattach(bpf::PacketPrograms& programs) const;
  // Replaces the programs if the kernel can do more than when they were loaded. To be called about
  // once a second.
  void follow_kernel(bpf::PacketPrograms& programs) const;
  void detach_all(bpf::PacketPrograms& programs);

  [[nodiscard]] std::vector<InterfaceKey> attached() const;
  // The attached ones, with what is needed to read their devices.
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces(
      const bpf::PacketPrograms& programs) const;
  // Whether the interface of `record` exists; empty if it is in a netns that is not among these.
  [[nodiscard]] std::optional<bool> exists(const bpf::InterfaceRecord& record,
                                           const bpf::PacketPrograms& programs) const;
  [[nodiscard]] std::string interface_name(InterfaceKey key) const { return names_.name_of(key); }
  // What was chosen, for the ledger to keep.
  [[nodiscard]] bpf::LedgerChoice choice() const;
  // "eth0, eth1 (tcx)".
  [[nodiscard]] std::string describe_attached(const bpf::PacketPrograms& programs) const;

 private:
  // By pointer: poller callbacks hold the addresses.
  using AllNetns = std::vector<std::unique_ptr<NetnsInterfaces>>;
  InterfaceSet(InterfaceChoice choice, NetnsChoice chosen, Notices& notices)
      : choice_(std::move(choice)), chosen_(std::move(chosen)), notices_(notices) {}
  Result<void> open_chosen();
  Result<void> check_names() const;
  void name_attached();
  void follow_endpoints();
  Result<void> follow(NetnsInterfaces& netns);
  void process_changes(NetnsInterfaces& netns);
  void catch_up();
  void catch_up_later();
  Result<void> follow_netns();
  void update_netns();
  bool release_vanished();
  bool add_new();
  Result<bool> add(const netns::SelectedNetns& found);

  InterfaceChoice choice_;
  NetnsChoice chosen_;
  AllNetns netns_;
  Notices& notices_;
  InterfaceNames names_;
  RecentSet<std::string> gone_{4096};  // labels of netns that were counted, and may come back
  std::set<std::uint64_t> refused_;    // inodes of netns that could not be counted
  // While changes are followed:
  sys::Poller* poller_ = nullptr;
  bpf::PacketPrograms* programs_ = nullptr;
  std::optional<netns::MountWatcher> mounts_;
  std::optional<sys::Timer> timer_;
  std::optional<sys::Timer> behind_;  // runs while there is work left to do
  std::unique_ptr<EndpointWatcher> endpoints_;
};

}  // namespace cgtally::monitor
