// SPDX-License-Identifier: Apache-2.0
// The kernel frees the id of a netns before it tells so, and another netns may have got it by then.
// So an id that was freed, and that a device leads to all the same, is listed once more.
#include "monitor/endpoints/netns_endpoints.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "adapters/netlink/peers/peers.h"
#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;
using netlink::NetnsEvent;

constexpr std::size_t kMostEvents = 4096;  // at once
constexpr int kMostReads = 16;             // before the maps are written
constexpr int kMostRounds = 8;             // of listing: netns in netns in netns
constexpr Nanoseconds kDoubt = 20ms;
// A write is followed by a rest of this many times its length, but for removals.
constexpr int kShareOfWrites = 25;
constexpr Nanoseconds kLongestRest = 100ms;

// The netns, or the device, has gone since.
bool has_ended(const Error& error) {
  return error.code == EINVAL || error.code == ENOENT || error.code == ENODEV;
}

void note(Result<void>& first, const Result<void>& one) {
  if (first && !one) first = one;
}

}  // namespace

NetnsEndpoints::NetnsEndpoints(netns::Netns netns, netlink::NetnsNews news, bpf::EndpointMaps maps,
                               bpf::OriginHooks hooks)
    : netns_(std::move(netns)),
      news_(std::move(news)),
      maps_(std::move(maps)),
      hooks_(std::move(hooks)) {}

Result<NetnsEndpoints> NetnsEndpoints::open(bpf::EndpointMaps maps, bpf::OriginHooks hooks) {
  auto netns = netns::Netns::current();
  if (!netns) return std::unexpected(std::move(netns).error());
  auto news = netlink::NetnsNews::open();
  if (!news) return std::unexpected(std::move(news).error());
  // It has an id for itself, too: a pod's veth says by it that its peer is here.
  const auto self = netlink::find_or_assign_nsid(netns->fd());
  if (!self) return std::unexpected(self.error());
  NetnsEndpoints opened(*std::move(netns), *std::move(news), std::move(maps), std::move(hooks));
  opened.facts_.set_own_nsid(*self);
  return opened;
}

Result<void> NetnsEndpoints::start(Nanoseconds now) {
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  list_all_ = true;
  Result<void> first = list();
  note(first, write(now));
  return first;
}

// Devices first: an address that comes after the list is news.
Result<void> NetnsEndpoints::list_own() {
  const auto links = netlink::list_linked_devices();
  if (!links) return std::unexpected(links.error());
  auto addresses = netlink::list_device_addresses();
  if (!addresses) return std::unexpected(addresses.error());
  const auto nsids = netlink::list_nsids();
  if (!nsids) return std::unexpected(nsids.error());
  facts_.set_links(*links);
  facts_.set_own_addresses(*std::move(addresses));
  unlisted_ = {nsids->begin(), nsids->end()};
  unlisted_.erase(facts_.own_nsid());
  for (const int known : facts_.peers()) {
    if (!unlisted_.contains(known)) facts_.forget_peer(known);
  }
  list_all_ = false;
  changed_ = true;
  return {};
}

Result<void> NetnsEndpoints::list_peer(int nsid) {
  const auto links = netlink::list_linked_devices(nsid);
  const auto addresses = links ? netlink::list_device_addresses(nsid)
                               : Result<std::vector<DeviceAddress>>(std::vector<DeviceAddress>{});
  changed_ = true;
  new_peers_ = new_peers_ || !facts_.knows_peer(nsid);
  if (links && addresses) {
    facts_.set_peer(nsid, *links, *addresses);
    return {};
  }
  facts_.set_peer(nsid, {}, {});  // known, so that it is not asked for again and again
  const Error& error = links ? addresses.error() : links.error();
  return has_ended(error) ? Result<void>{} : std::unexpected(error);
}

Result<void> NetnsEndpoints::list_unlisted() {
  Result<void> first;
  for (int round = 0; round < kMostRounds; ++round) {
    for (const int nsid : facts_.linked_nsids()) {
      if (!facts_.knows_peer(nsid)) unlisted_.insert(nsid);
    }
    if (unlisted_.empty()) break;
    for (const int nsid : std::exchange(unlisted_, {})) note(first, list_peer(nsid));
  }
  return first;
}

Result<void> NetnsEndpoints::write(Nanoseconds now) {
  write_due_.reset();
  if (!changed_) return {};
  const Nanoseconds began = sys::now().boot;
  changed_ = false;
  table_ = facts_.table();
  Result<void> first = maps_.write(table_);
  note(first, hooks_.update(table_.origins));
  std::set<int> unowned;
  for (const auto& [nsid, why] : table_.owners) {
    if (why != NetnsOwner::Why::owned) unowned.insert(nsid);
  }
  schedule_.update(unowned, now);
  write_took_ = sys::now().boot - began;
  return first;
}

Result<void> NetnsEndpoints::list() {
  Result<void> first;
  if (list_all_) note(first, list_own());
  note(first, list_unlisted());
  return first;
}

Result<void> NetnsEndpoints::process_news(Nanoseconds now) {
  for (int reads = 0; reads < kMostReads; ++reads) {
    const auto events = news_.read(kMostEvents);
    for (const NetnsEvent& event : events) apply(event, now);
    if (events.size() < kMostEvents) break;
  }
  const bool waits = changed_ || list_all_ || !unlisted_.empty();
  if (waits && !write_due_) write_due_ = now + std::min(write_took_ * kShareOfWrites, kLongestRest);
  return {};
}

void NetnsEndpoints::apply(const NetnsEvent& event, Nanoseconds now) {
  const std::optional<int> nsid = event.nsid == facts_.own_nsid() ? std::nullopt : event.nsid;
  if (const auto* link = std::get_if<NetnsEvent::Link>(&event.what)) {
    apply(nsid, *link);
  } else if (const auto* address = std::get_if<NetnsEvent::Address>(&event.what)) {
    apply(nsid, *address);
  } else if (const auto* id = std::get_if<NetnsEvent::Id>(&event.what); id && !nsid) {
    apply(*id, now);
  } else if (std::holds_alternative<NetnsEvent::Lost>(event.what)) {
    list_all_ = true;
    nsids_.clear();
    maps_.clear();  // among what was lost may be a removal
  }
}

// A device of another netns names its other end by ids that are not ours: it is listed instead.
void NetnsEndpoints::apply(std::optional<int> nsid, const NetnsEvent::Link& link) {
  if (nsid && link.removed) {
    maps_.remove_of(*nsid);
    changed_ = facts_.remove_peer_link(*nsid, link.device.ifindex) || changed_;
  } else if (nsid) {
    if (!facts_.knows_peer_link(*nsid, link.device)) unlisted_.insert(*nsid);
  } else if (link.removed) {
    maps_.remove_device(link.device.ifindex);
    if (const auto led_to = facts_.nsid_of_link(link.device.ifindex)) maps_.remove_of(*led_to);
    changed_ = facts_.remove_link(link.device.ifindex) || changed_;
  } else {
    changed_ = facts_.set_link(link.device) || changed_;
  }
}

void NetnsEndpoints::apply(std::optional<int> nsid, const NetnsEvent::Address& address) {
  const DeviceAddress& one = address.address;
  // Removed from its endpoint, or added as the netns' own or as that of a second endpoint.
  if (address.removed == nsid.has_value() || maps_.has_of_another(one.address, nsid)) {
    maps_.remove(one.address);
  }
  const bool changed =
      nsid ? (address.removed ? facts_.remove_peer_address(*nsid, one)
                              : facts_.add_peer_address(*nsid, one))
           : (address.removed ? facts_.remove_own_address(one) : facts_.add_own_address(one));
  changed_ = changed || changed_;
}

void NetnsEndpoints::apply(const NetnsEvent::Id& id, Nanoseconds now) {
  if (id.nsid == facts_.own_nsid()) return;
  std::erase_if(nsids_, [&](const auto& item) { return item.second == id.nsid; });
  if (!id.removed) {
    unlisted_.insert(id.nsid);
    return;
  }
  maps_.remove_of(id.nsid);
  facts_.forget_peer(id.nsid);
  unlisted_.erase(id.nsid);
  doubtful_[id.nsid] = now + kDoubt;
  changed_ = true;
}

std::optional<Nanoseconds> NetnsEndpoints::due() const {
  std::optional<Nanoseconds> first = write_due_;
  for (const auto& [nsid, time] : doubtful_) first = std::min(first.value_or(time), time);
  return first;
}

Result<void> NetnsEndpoints::process_due(Nanoseconds now) {
  const std::set<int> linked = doubtful_.empty() ? std::set<int>{} : facts_.linked_nsids();
  std::erase_if(doubtful_, [&](const auto& item) {
    if (item.second > now) return false;
    if (linked.contains(item.first)) unlisted_.insert(item.first);
    return true;
  });
  Result<void> first = process_news(now);
  if (!write_due_ || *write_due_ > now) return first;
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  note(first, list());
  note(first, write(now));
  return first;
}

void NetnsEndpoints::reattach() {
  if (const auto entered = netns::Entered::enter(netns_); entered) hooks_.reattach();
}

// Gives ids to netns without one: only then there is news of them.
void NetnsEndpoints::find_ids(const Namespaces& namespaces, bool all) {
  if (all) {
    std::erase_if(nsids_, [&](const auto& item) { return !namespaces.contains(item.first); });
  }
  for (const auto& [inode, one] : namespaces) {
    if (nsids_.contains(inode) || inode == netns_.inode() || one.path.empty()) continue;
    const auto netns = netns::Netns::open(one.path, "");
    if (!netns || netns->inode() != inode) continue;
    const auto nsid = netlink::find_or_assign_nsid(netns->fd());
    if (!nsid) continue;
    nsids_[inode] = *nsid;
    if (!facts_.knows_peer(*nsid)) unlisted_.insert(*nsid);
  }
}

void NetnsEndpoints::set_owner(int nsid, const std::vector<std::string>& from_proc,
                               const cgroupfs::HostCgroups& cgroups) {
  std::vector<std::string> paths;
  for (const std::string& cgroup : from_proc) paths.push_back(cgroups.absolute(cgroup));
  std::erase(paths, "");
  const NetnsOwner owner = owner_of_netns(paths);
  changed_ = facts_.set_owner(nsid, owner, cgroups.id_of(owner.cgroup)) || changed_;
}

Result<void> NetnsEndpoints::set_owners(const Namespaces& namespaces, bool all,
                                        const cgroupfs::HostCgroups& cgroups, Nanoseconds began) {
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  Result<void> first = process_news(sys::now().boot);  // ids that have been freed
  find_ids(namespaces, all);
  note(first, list());
  std::set<int> without;
  for (const int nsid : all ? facts_.peers() : std::vector<int>{}) without.insert(nsid);
  for (const auto& [inode, nsid] : nsids_) {
    const auto found = namespaces.find(inode);
    if (found == namespaces.end()) continue;
    set_owner(nsid, found->second.cgroups, cgroups);
    without.erase(nsid);
  }
  for (const int nsid : without) set_owner(nsid, {}, cgroups);
  new_peers_ = new_peers_ && !all;
  note(first, write(sys::now().boot));
  schedule_.looked(began);
  return first;
}

void NetnsEndpoints::stop() {
  maps_.clear();
  if (const auto entered = netns::Entered::enter(netns_); entered) (void)hooks_.update({});
}

}  // namespace cgtally::monitor
