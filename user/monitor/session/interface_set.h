// SPDX-License-Identifier: Apache-2.0
// Every netns in which interfaces are counted, taken together: what was asked for is checked over
// all of them, and an interface has a name that is unique among them.
#pragma once

#include <memory>
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

class InterfaceSet {
 public:
  // Checks what the user has asked for; needs no privilege in the own netns. Nothing is attached.
  static Result<InterfaceSet> open(const InterfaceChoice& options, Notices& notices);

  // Attaches for the first time: here an interface that refuses is an error.
  Result<void> begin(bpf::PacketPrograms& tally);
  // From now on what comes and goes is followed; both must outlive this.
  Result<void> offer_to(sys::Poller& poller, bpf::PacketPrograms& tally);
  // Lets a netns go whose name no longer leads to it.
  void let_go_of_ended(bpf::PacketPrograms& tally);
  // Attaches again what somebody took away.
  void reattach(bpf::PacketPrograms& tally) const;
  // Detaches from all.
  void end(bpf::PacketPrograms& tally);

  [[nodiscard]] std::vector<InterfaceKey> attached() const;
  // With what it takes to look at them.
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces(
      const bpf::PacketPrograms& tally) const;
  // Whether a recorded interface exists in one of these; nothing is said of other netns.
  [[nodiscard]] std::optional<bool> has(const bpf::InterfaceRecord& record) const;
  [[nodiscard]] std::string interface_name(InterfaceKey key) const { return names_.name_of(key); }
  // "eth0, eth1 (tcx)".
  [[nodiscard]] std::string counted(const bpf::PacketPrograms& tally) const;

 private:
  using All =
      std::vector<std::unique_ptr<NetnsInterfaces>>;  // their addresses are in poller callbacks
  InterfaceSet(All all, Notices& notices) : all_(std::move(all)), notices_(notices) {}
  void name_attachments();

  All all_;
  Notices& notices_;
  InterfaceNames names_;
  sys::Poller* poller_ = nullptr;
};

}  // namespace cgtally::monitor
