// SPDX-License-Identifier: Apache-2.0
// The counted interfaces of all netns that the user chose. Checks the choice over all of them, and
// gives each interface a name that is unique among them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "monitor/notices.h"
#include "monitor/session/device_snapshot.h"
#include "monitor/session/interface_choice.h"
#include "monitor/session/interface_names.h"
#include "monitor/session/netns_interfaces.h"

namespace cgtally::monitor {

// PrivateSession and Keeper have one, and pass the programs in which it attaches and detaches. Does
// not detach by itself when it ends: a keeper's programs stay attached.
class InterfaceSet {
 public:
  // Checks the choice. Attaches nothing, and needs no privilege in cgtally's own netns. `notices`
  // must outlive the result.
  static Result<InterfaceSet> open(const InterfaceChoice& choice, Notices& notices);

  // Attaches for the first time: an interface that refuses is an Error here.
  Result<void> attach_all(bpf::PacketPrograms& programs);
  // From here on the poller's callbacks attach to what comes, and detach from what goes. The poller
  // and `programs` must outlive this.
  Result<void> follow_changes(sys::Poller& poller, bpf::PacketPrograms& programs);
  // Detaches in each netns that its name does not lead to any more, and lets the netns go.
  void release_vanished_netns(bpf::PacketPrograms& programs);
  // Attaches again where somebody took our program away.
  void reattach(bpf::PacketPrograms& programs) const;
  void detach_all(bpf::PacketPrograms& programs);

  [[nodiscard]] std::vector<InterfaceKey> attached() const;
  // The attached ones, with what is needed to read their devices.
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces(
      const bpf::PacketPrograms& programs) const;
  // Whether the interface of `record` exists; empty if it is in a netns that is not among these.
  [[nodiscard]] std::optional<bool> exists(const bpf::InterfaceRecord& record) const;
  [[nodiscard]] std::string interface_name(InterfaceKey key) const { return names_.name_of(key); }
  // "eth0, eth1 (tcx)".
  [[nodiscard]] std::string describe_attached(const bpf::PacketPrograms& programs) const;

 private:
  // By pointer: poller callbacks hold the addresses.
  using AllNetns = std::vector<std::unique_ptr<NetnsInterfaces>>;
  InterfaceSet(AllNetns netns, Notices& notices) : netns_(std::move(netns)), notices_(notices) {}
  void name_attached();

  AllNetns netns_;
  Notices& notices_;
  InterfaceNames names_;
  sys::Poller* poller_ = nullptr;
};

}  // namespace cgtally::monitor
