// SPDX-License-Identifier: Apache-2.0
// The counted interfaces of one netns: attaches to selected interfaces as they appear, goes on with
// those that get another name, detaches from those that have vanished, and keeps the netns'
// addresses in the ledger up to date.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/netlink/watcher.h"
#include "adapters/netns/netns.h"
#include "core/base/recent_set.h"
#include "core/base/result.h"
#include "core/traffic/interface_selection.h"
#include "monitor/endpoints/endpoint_watcher.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// InterfaceSet has one for each netns. After the start, an error of one interface is a notice: it
// never ends the counting on the others.
class NetnsInterfaces {
 public:
  // `netns` as --netns names it; empty: the netns that the thread is in.
  static Result<NetnsInterfaces> open(const std::string& netns, const std::string& host_root,
                                      Notices& notices);

  // Readable when interfaces or addresses have changed.
  [[nodiscard]] int fd() const { return watcher_.fd(); }
  [[nodiscard]] const std::string& label() const { return label_; }  // `netns` of open()
  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  [[nodiscard]] const std::map<InterfaceKey, Interface>& attached() const { return attached_; }
  // True if the interface of `record` exists here: by index and name or, if it has another name
  // now, by our programs that are attached at it.
  [[nodiscard]] Result<bool> has(const bpf::InterfaceRecord& record,
                                 const bpf::PacketPrograms& programs) const;
  // All interfaces of the netns, counted or not.
  [[nodiscard]] Result<std::vector<Interface>> list_interfaces() const;

  // Sets which interfaces are counted here; without patterns the uplinks or, if there are none, the
  // default route's device. Needs no privilege in cgtally's own netns, as open() does not.
  Result<void> select(const std::vector<std::string>& patterns);
  // The same in a netns that is still being made: without patterns, waits for the first uplink or
  // default route.
  Result<void> select_when_ready(const std::vector<std::string>& patterns);
  // Attaches for the first time: an interface that refuses is an Error here. False: it was asked to
  // end before all were attached.
  Result<bool> attach_selected(bpf::PacketPrograms& programs, const AskedToEnd& asked_to_end);
  // The same in a netns that has come later: an interface that refuses is a notice.
  Result<void> attach_later(bpf::PacketPrograms& programs);
  // True if interfaces came, went or were renamed. Works for kTurn at most, so that a thousand that
  // come at once do not stop everything else; then behind() says that there is more to do.
  bool process_changes(bpf::PacketPrograms& programs);
  [[nodiscard]] bool behind() const { return behind_; }
  // Attaches again where somebody took our program away.
  [[nodiscard]] std::vector<bpf::ReattachedHook> reattach(bpf::PacketPrograms& programs,
                                                          Nanoseconds now) const;
  // Replaces the programs by such as suit the kernel as it is now.
  Result<void> reload(bpf::PacketPrograms& programs) const;
  // Has the endpoints watched whose traffic the counted interfaces forward; again after each change
  // of those.
  void follow_endpoints(EndpointWatcher& watcher, const bpf::PacketPrograms& programs) const;
  void leave_endpoints(EndpointWatcher& watcher) const { watcher.remove(key_.value); }
  // Detaches from all interfaces. Our open descriptor keeps the netns, and the far ends of its
  // veths, alive after its container has ended; an observer must not do that, so the caller then
  // destroys the object.
  void detach_all(bpf::PacketPrograms& programs);

 private:
  NetnsInterfaces(std::optional<netns::Netns> netns, std::uint64_t inode, std::string label,
                  netlink::Watcher watcher, Notices& notices);
  bool rename_attached(bpf::PacketPrograms& programs, const std::vector<Interface>& existing);
  bool detach_vanished(bpf::PacketPrograms& programs, const std::vector<Interface>& existing);
  bool attach_new(bpf::PacketPrograms& programs, const std::vector<Interface>& existing);
  [[nodiscard]] bool turn_is_over();
  Result<void> refresh_addresses(bpf::PacketPrograms& programs);
  Result<void> set_up_addresses(bpf::PacketPrograms& programs);
  bool find_default(const std::vector<Interface>& existing);
  bool process_links(bpf::PacketPrograms& programs);

  std::optional<netns::Netns> netns_;  // empty: the own one
  std::uint64_t inode_;
  std::string label_;
  netlink::Watcher watcher_;
  Notices& notices_;
  bpf::NetnsKey key_;  // issued when it first attaches
  InterfaceSelection selection_;
  Nanoseconds turn_began_{};               // boot time
  Nanoseconds may_list_{};                 // boot time from which the interfaces are listed again
  bool behind_ = false;                    // there is more to do than fitted into the last turn
  mutable std::vector<Interface> listed_;  // for has(), which is asked of each in a row
  mutable Nanoseconds listed_at_{};        // boot time
  bool undecided_ = false;                 // there was neither an uplink nor a default route
  std::map<InterfaceKey, Interface> attached_;
  std::map<int, std::string> refused_;  // ifindex -> name; each is reported once
  RecentSet<std::string> gone_{4096};   // names that were counted, and may come back
};

}  // namespace cgtally::monitor
