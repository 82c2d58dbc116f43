// SPDX-License-Identifier: Apache-2.0
// An endpoint is found from this side (a veth whose peer is elsewhere) or from its own (a macvlan
// whose parent is here). Namespaces that are reached only through an endpoint belong to it.
#include "core/endpoints/endpoints.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace cgtally {
namespace {

using namespace std::string_view_literals;

// Pairs of devices: a packet that one end sends is received at the other.
bool is_pair(std::string_view kind) { return kind == "veth" || kind == "netkit"; }

// Devices that share the device below them.
bool is_child(std::string_view kind) {
  constexpr std::array kKinds = {"macvlan"sv, "macvtap"sv, "ipvlan"sv, "ipvtap"sv, "vlan"sv};
  return std::ranges::find(kKinds, kind) != kKinds.end();
}

// Addresses that mean another thing on each link are never those of a packet on its way through.
bool is_routed(const IpAddress& address) {
  const auto& b = address.bytes;
  constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool link_local = b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
  const bool v4_loopback = std::equal(kMapped.begin(), kMapped.end(), b.begin()) && b[12] == 127;
  return !link_local && !v4_loopback && b != kLoopback;
}

template <typename T, typename Key>
std::map<Key, T> by(const std::vector<T>& all, Key T::* key) {
  std::map<Key, T> map;
  for (const T& one : all) map.insert_or_assign(one.*key, one);
  return map;
}

}  // namespace

void EndpointFacts::set_own_addresses(std::vector<DeviceAddress> addresses) {
  own_addresses_ = {addresses.begin(), addresses.end()};
}

void EndpointFacts::set_links(const std::vector<LinkedDevice>& links) {
  links_ = by(links, &LinkedDevice::ifindex);
}

bool EndpointFacts::set_link(const LinkedDevice& link) {
  LinkedDevice& known = links_[link.ifindex];
  if (known == link) return false;
  known = link;
  return true;
}

bool EndpointFacts::remove_link(int ifindex) {
  const std::size_t addresses = std::erase_if(
      own_addresses_, [ifindex](const DeviceAddress& one) { return one.ifindex == ifindex; });
  return links_.erase(ifindex) > 0 || addresses > 0;
}

std::optional<int> EndpointFacts::nsid_of_link(int ifindex) const {
  const auto link = links_.find(ifindex);
  return link == links_.end() ? std::nullopt : link->second.link_nsid;
}

void EndpointFacts::set_peer(int nsid, const std::vector<LinkedDevice>& links,
                             const std::vector<DeviceAddress>& addresses) {
  Peer& peer = peers_[nsid];
  peer.links = by(links, &LinkedDevice::ifindex);
  peer.addresses = {addresses.begin(), addresses.end()};
}

bool EndpointFacts::add_peer_address(int nsid, const DeviceAddress& one) {
  const auto peer = peers_.find(nsid);
  return peer != peers_.end() && peer->second.addresses.insert(one).second;
}

bool EndpointFacts::remove_peer_address(int nsid, const DeviceAddress& one) {
  const auto peer = peers_.find(nsid);
  return peer != peers_.end() && peer->second.addresses.erase(one) > 0;
}

bool EndpointFacts::remove_peer_link(int nsid, int ifindex) {
  const auto peer = peers_.find(nsid);
  if (peer == peers_.end()) return false;
  const std::size_t addresses =
      std::erase_if(peer->second.addresses,
                    [ifindex](const DeviceAddress& one) { return one.ifindex == ifindex; });
  return peer->second.links.erase(ifindex) > 0 || addresses > 0;
}

bool EndpointFacts::set_owner(int nsid, const NetnsOwner& owner, std::uint64_t cgroup_id) {
  const auto found = peers_.find(nsid);
  if (found == peers_.end()) return false;
  Peer& peer = found->second;
  const bool missing = owner.why == NetnsOwner::Why::owned && cgroup_id == 0;
  const auto why = missing ? NetnsOwner::Why::no_cgroup : owner.why;
  const std::uint64_t id = owner.why == NetnsOwner::Why::owned ? cgroup_id : 0;
  const bool changed = peer.why != why || peer.cgroup_id != id;
  peer.why = why;
  peer.cgroup_id = id;
  return changed;
}

bool EndpointFacts::set_netns_inode(int nsid, std::uint32_t inode) {
  const auto found = peers_.find(nsid);
  return found != peers_.end() && std::exchange(found->second.netns_inode, inode) != inode;
}

bool EndpointFacts::knows_peer_link(int nsid, const LinkedDevice& link) const {
  const auto peer = peers_.find(nsid);
  if (peer == peers_.end()) return false;
  const auto known = peer->second.links.find(link.ifindex);
  return known != peer->second.links.end() && known->second.kind == link.kind &&
         known->second.link == link.link;
}

std::vector<int> EndpointFacts::peers() const {
  std::vector<int> nsids;
  for (const auto& [nsid, peer] : peers_) nsids.push_back(nsid);
  return nsids;
}

bool EndpointFacts::is_host_side(const LinkedDevice& link) const {
  return is_pair(link.kind) && link.link_nsid && *link.link_nsid >= 0 &&
         *link.link_nsid != own_nsid_ && !excluded_.contains(link.ifindex);
}

std::set<int> EndpointFacts::linked_nsids() const {
  std::set<int> nsids;
  const auto add_all = [&](const std::map<int, LinkedDevice>& links) {
    for (const auto& [ifindex, link] : links) {
      if (is_pair(link.kind) && link.link_nsid && *link.link_nsid >= 0) {
        nsids.insert(*link.link_nsid);
      }
    }
  };
  add_all(links_);
  for (const auto& [nsid, peer] : peers_) add_all(peer.links);
  nsids.erase(own_nsid_);
  return nsids;
}

std::vector<EndpointFacts::Attachment> EndpointFacts::direct() const {
  std::vector<Attachment> found;
  for (const auto& [ifindex, link] : links_) {
    if (is_host_side(link)) {
      found.push_back(
          {.nsid = *link.link_nsid, .ifindex = link.link, .owner_nsid = *link.link_nsid});
    }
  }
  for (const auto& [nsid, peer] : peers_) {
    for (const auto& [ifindex, link] : peer.links) {
      if (is_child(link.kind) && link.link_nsid == own_nsid_ && own_nsid_ >= 0) {
        found.push_back({.nsid = nsid, .ifindex = ifindex, .owner_nsid = nsid});
      }
    }
  }
  return found;
}

// Breadth first, so that a netns belongs to the endpoint that is nearest to it.
std::vector<EndpointFacts::Attachment> EndpointFacts::nested(
    const std::vector<Attachment>& direct) const {
  std::map<int, int> owner_of;  // nsid -> that of the endpoint; -1: of two
  std::vector<Attachment> found;
  for (const Attachment& one : direct) owner_of.emplace(one.nsid, one.nsid);
  std::set<int> level;
  for (const auto& [nsid, owner] : owner_of) level.insert(nsid);
  while (!level.empty()) {
    std::map<int, int> next;
    for (const int outer : level) {
      const auto peer = peers_.find(outer);
      if (peer == peers_.end()) continue;
      for (const auto& [ifindex, link] : peer->second.links) {
        if (!is_pair(link.kind) || !link.link_nsid || *link.link_nsid < 0) continue;
        const int inner = *link.link_nsid;
        if (inner == own_nsid_ || owner_of.contains(inner)) continue;
        const auto [known, fresh] = next.try_emplace(inner, owner_of.at(outer));
        if (!fresh && known->second != owner_of.at(outer)) known->second = -1;
        found.push_back({.nsid = inner, .ifindex = link.link, .owner_nsid = -1});
      }
    }
    level.clear();
    for (const auto& [inner, owner] : next) {
      owner_of.emplace(inner, owner);
      level.insert(inner);
    }
  }
  for (Attachment& one : found) one.owner_nsid = owner_of.at(one.nsid);
  return found;
}

std::uint64_t EndpointFacts::owner_of(int nsid) const {
  const auto peer = peers_.find(nsid);
  return peer == peers_.end() ? 0 : peer->second.cgroup_id;
}

// Claims the addresses that nobody has claimed yet. What two namespaces claim is nobody's.
void EndpointFacts::claim(const std::vector<Attachment>& attachments, Claims& claims) const {
  Claims fresh;
  for (const Attachment& one : attachments) {
    const auto peer = peers_.find(one.nsid);
    if (peer == peers_.end() || one.owner_nsid < 0) continue;
    const auto first = peer->second.addresses.lower_bound({.ifindex = one.ifindex, .address = {}});
    for (auto at = first; at != peer->second.addresses.end() && at->ifindex == one.ifindex; ++at) {
      if (!is_routed(at->address) || claims.contains(at->address)) continue;
      const Endpoint endpoint{.cgroup_id = owner_of(one.owner_nsid),
                              .nsid = one.nsid,
                              .netns_inode = peer->second.netns_inode};
      const auto [known, is_new] = fresh.try_emplace(at->address, endpoint);
      if (!is_new && known->second && known->second->nsid != one.nsid) known->second.reset();
    }
  }
  claims.merge(fresh);
}

// A virtual machine's tap, a network card and the like: what comes by them must replace what their
// bridge's pods have handed over, or it would be taken for theirs where it leaves by another way.
std::set<int> EndpointFacts::other_ports(const std::set<int>& origins) const {
  std::set<int> bridges, ports;
  for (const int ifindex : origins) bridges.insert(links_.at(ifindex).master);
  bridges.erase(0);
  for (const auto& [ifindex, link] : links_) {
    if (bridges.contains(link.master) && !excluded_.contains(ifindex)) ports.insert(ifindex);
  }
  return ports;
}

EndpointTable EndpointFacts::table() const {
  EndpointTable table;
  const std::vector<Attachment> attached = direct();
  Claims claims;
  for (const DeviceAddress& own : own_addresses_) claims.emplace(own.address, std::nullopt);
  const std::size_t own = claims.size();
  claim(attached, claims);
  claim(nested(attached), claims);
  for (const auto& [address, endpoint] : claims) {
    if (endpoint) table.addresses.emplace(address, *endpoint);
  }
  table.ambiguous = claims.size() - own - table.addresses.size();
  for (const auto& [ifindex, link] : links_) {
    if (!is_host_side(link)) continue;
    table.origins.insert(ifindex);
    if (const std::uint64_t owner = owner_of(*link.link_nsid)) table.devices[ifindex] = owner;
  }
  table.origins.merge(other_ports(table.origins));
  for (const Attachment& one : attached) {
    const auto peer = peers_.find(one.nsid);
    table.owners[one.nsid] = peer == peers_.end() ? NetnsOwner::Why::no_process : peer->second.why;
  }
  return table;
}

}  // namespace cgtally
