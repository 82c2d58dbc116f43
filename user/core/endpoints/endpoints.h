// SPDX-License-Identifier: Apache-2.0
// The endpoints of a netns: other network namespaces (pods, containers) whose traffic passes
// through it, the addresses at which they are reached, and the cgroup that owns each. Facts in, a
// table out; an entry of the table never names anybody but the owner of the address.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/endpoints/netns_owner.h"
#include "core/traffic/interface.h"

namespace cgtally {

// A device, and the one below it or at its other end. Netns are named by their ids (nsid) in the
// netns whose endpoints are looked for.
struct LinkedDevice {
  int ifindex = 0;
  std::string name;
  std::string kind;              // "veth", "macvlan"...
  int link = 0;                  // index of the other device; 0: there is none
  std::optional<int> link_nsid;  // of its netns; empty: in the same netns as this one
  int master = 0;                // index of the bridge that it is a port of; 0: there is none
  bool operator==(const LinkedDevice&) const = default;
};

struct DeviceAddress {
  int ifindex = 0;
  IpAddress address;
  auto operator<=>(const DeviceAddress&) const = default;
};

struct Endpoint {
  std::uint64_t cgroup_id = 0;  // 0: its owner is not known (yet)
  int nsid = -1;
  std::uint32_t netns_inode = 0;  // 0: not known; sockets of another netns with the id do not count
  bool operator==(const Endpoint&) const = default;
};

// What is to be said of the addresses and devices of a netns.
struct EndpointTable {
  std::map<IpAddress, Endpoint> addresses;
  std::map<int, std::uint64_t> devices;  // host-side device -> its endpoint's cgroup, where known
  // Devices at whose ingress an endpoint's packets begin, and the other ports of their bridges.
  std::set<int> origins;
  std::map<int, NetnsOwner::Why> owners;  // by nsid, of all endpoints
  std::size_t ambiguous = 0;              // addresses that two endpoints have
  bool operator==(const EndpointTable&) const = default;
};

// All that is known of one netns and of those that it has an id for. EndpointWatcher feeds it from
// netlink, first with lists and then with each change; it reads nothing itself. Each netns that is
// counted has one. A function that returns bool tells whether the facts have changed.
class EndpointFacts {
 public:
  // The id that the netns has for itself.
  void set_own_nsid(int nsid) { own_nsid_ = nsid; }
  [[nodiscard]] int own_nsid() const { return own_nsid_; }
  // The addresses of the netns itself: never an endpoint's.
  void set_own_addresses(std::vector<DeviceAddress> addresses);
  bool add_own_address(const DeviceAddress& one) { return own_addresses_.insert(one).second; }
  bool remove_own_address(const DeviceAddress& one) { return own_addresses_.erase(one) > 0; }
  // Devices of the netns that lead away from endpoints: those that are counted in the place of an
  // uplink.
  bool set_excluded(const std::set<int>& ifindexes) {
    return std::exchange(excluded_, ifindexes) != ifindexes;
  }

  void set_links(const std::vector<LinkedDevice>& links);
  bool set_link(const LinkedDevice& link);
  bool remove_link(int ifindex);
  // The netns that a device of this one leads to.
  [[nodiscard]] std::optional<int> nsid_of_link(int ifindex) const;

  // The same of another netns.
  void set_peer(int nsid, const std::vector<LinkedDevice>& links,
                const std::vector<DeviceAddress>& addresses);
  bool add_peer_address(int nsid, const DeviceAddress& one);
  bool remove_peer_address(int nsid, const DeviceAddress& one);
  bool remove_peer_link(int nsid, int ifindex);
  bool set_owner(int nsid, const NetnsOwner& owner, std::uint64_t cgroup_id);
  bool set_netns_inode(int nsid, std::uint32_t inode);
  // The id is free: another netns may get it.
  void forget_peer(int nsid) { peers_.erase(nsid); }
  [[nodiscard]] bool knows_peer(int nsid) const { return peers_.contains(nsid); }
  // Whether it has that device with that other end.
  [[nodiscard]] bool knows_peer_link(int nsid, const LinkedDevice& link) const;
  [[nodiscard]] std::vector<int> peers() const;
  // The ids of other netns that devices of this one lead to.
  [[nodiscard]] std::set<int> linked_nsids() const;

  [[nodiscard]] EndpointTable table() const;

 private:
  struct Peer {
    std::map<int, LinkedDevice> links;
    std::set<DeviceAddress> addresses;
    NetnsOwner::Why why = NetnsOwner::Why::no_process;
    std::uint64_t cgroup_id = 0;
    std::uint32_t netns_inode = 0;
  };
  // One device of an endpoint's netns, and the netns that it belongs to in the end.
  struct Attachment {
    int nsid = -1;
    int ifindex = 0;
    int owner_nsid = -1;
  };
  [[nodiscard]] bool is_host_side(const LinkedDevice& link) const;
  [[nodiscard]] std::set<int> other_ports(const std::set<int>& origins) const;
  [[nodiscard]] std::vector<Attachment> direct() const;
  [[nodiscard]] std::vector<Attachment> nested(const std::vector<Attachment>& direct) const;
  using Claims = std::map<IpAddress, std::optional<Endpoint>>;  // empty: nobody may have it
  void claim(const std::vector<Attachment>& attachments, Claims& claims) const;
  [[nodiscard]] std::uint64_t owner_of(int nsid) const;

  int own_nsid_ = -1;
  std::set<DeviceAddress> own_addresses_;
  std::set<int> excluded_;
  std::map<int, LinkedDevice> links_;
  std::map<int, Peer> peers_;
};

}  // namespace cgtally
