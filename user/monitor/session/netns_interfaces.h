// SPDX-License-Identifier: Apache-2.0
// One netns in which interfaces are counted: attaches to those that are selected as they appear,
// lets go of those that have vanished, and keeps the netns' addresses in the ledger up to date.
// What goes wrong with one interface is a notice, never the end of the counting on the others.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/netlink/watcher.h"
#include "adapters/netns/netns.h"
#include "core/base/result.h"
#include "core/traffic/interface_selection.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

class NetnsInterfaces {
 public:
  // `netns` empty: the one that the thread is in.
  static Result<NetnsInterfaces> open(const std::string& netns, const std::string& host_root,
                                      Notices& notices);

  // -1 after end().
  [[nodiscard]] int fd() const { return watcher_ ? watcher_->fd() : -1; }
  [[nodiscard]] const std::string& label() const { return label_; }  // empty for the own netns
  [[nodiscard]] const std::map<InterfaceKey, Interface>& attached() const { return attached_; }
  [[nodiscard]] Result<std::vector<Interface>> links() const;

  // Decides what is counted here. Needs no privilege in the own netns, as open() does not.
  Result<void> choose(const std::vector<std::string>& patterns);
  // Attaches for the first time: here an interface that refuses is an error.
  Result<void> begin(bpf::PacketPrograms& tally);
  // Looks what has changed. True if interfaces came or went.
  bool follow(bpf::PacketPrograms& tally);
  // Attaches again what somebody took away.
  [[nodiscard]] std::vector<bpf::ReattachedHook> reattach(bpf::PacketPrograms& tally,
                                                          Nanoseconds now) const;
  [[nodiscard]] std::uint64_t netns_inode() const { return inode_; }
  // Whether the name that the user gave still leads to this netns. We hold it open, so it outlives
  // its container until we let go: an observer must not keep it, and the far ends of its veths,
  // alive.
  [[nodiscard]] bool still_named() const;
  // Detaches from all, and lets the netns go.
  void end(bpf::PacketPrograms& tally);

 private:
  NetnsInterfaces(std::optional<netns::Netns> netns, std::uint64_t inode, std::string label,
                  std::string host_root, netlink::Watcher watcher, Notices& notices);
  bool release_vanished(bpf::PacketPrograms& tally, const std::vector<Interface>& links);
  bool attach_new(bpf::PacketPrograms& tally, const std::vector<Interface>& links);
  Result<void> refresh_addresses(bpf::PacketPrograms& tally);

  std::optional<netns::Netns> netns_;
  std::uint64_t inode_;
  std::string label_;
  std::string host_root_;
  std::optional<netlink::Watcher> watcher_;
  Notices& notices_;
  bpf::NetnsKey key_;  // issued by begin()
  InterfaceSelection selection_;
  std::map<InterfaceKey, Interface> attached_;
  std::map<int, std::string> refused_;  // ifindex -> name: said once
  std::set<std::string> gone_;          // names that were counted, and may come back
};

}  // namespace cgtally::monitor
