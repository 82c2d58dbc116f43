// SPDX-License-Identifier: Apache-2.0
#include "monitor/endpoints/endpoint_survey.h"

#include <cerrno>
#include <utility>

#include "adapters/netlink/peers/peers.h"

namespace cgtally::monitor {
namespace {

constexpr int kMostRounds = 8;  // of listing: netns in netns in netns

// The netns, or the device, has gone since.
bool has_ended(const Error& error) {
  return error.code == EINVAL || error.code == ENOENT || error.code == ENODEV;
}

}  // namespace

Result<EndpointSurvey> EndpointSurvey::open() {
  const auto here = netns::Netns::current();
  if (!here) return std::unexpected(here.error());
  // It has an id for itself, too: a pod's veth says by it that its peer is here.
  const auto self = netlink::find_or_assign_nsid(here->fd());
  if (!self) return std::unexpected(self.error());
  EndpointSurvey survey(here->inode());
  survey.facts_.set_own_nsid(*self);
  return survey;
}

void EndpointSurvey::want_all() {
  wants_all_ = true;
  nsids_.clear();
}

void EndpointSurvey::forget_owner_of(int nsid) {
  std::erase_if(nsids_, [nsid](const auto& item) { return item.second == nsid; });
}

void EndpointSurvey::forget(int nsid) {
  facts_.forget_peer(nsid);
  unlisted_.erase(nsid);
  changed_ = true;
}

EndpointTable EndpointSurvey::table() {
  changed_ = false;
  return facts_.table();
}

// Devices first: an address that comes after the list is news.
Result<void> EndpointSurvey::list_own() {
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
  wants_all_ = false;
  changed_ = true;
  return {};
}

Result<void> EndpointSurvey::list_peer(int nsid) {
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

Result<void> EndpointSurvey::list() {
  Result<void> first;
  if (wants_all_) first = list_own();
  for (int round = 0; round < kMostRounds; ++round) {
    for (const int nsid : facts_.linked_nsids()) {
      if (!facts_.knows_peer(nsid)) unlisted_.insert(nsid);
    }
    if (unlisted_.empty()) break;
    for (const int nsid : std::exchange(unlisted_, {})) {
      const auto listed = list_peer(nsid);
      if (first && !listed) first = listed;
    }
  }
  return first;
}

// Gives ids to netns without one: only then there is news of them.
void EndpointSurvey::find_ids(const Namespaces& namespaces, bool all) {
  if (all) {
    std::erase_if(nsids_, [&](const auto& item) { return !namespaces.contains(item.first); });
  }
  for (const auto& [inode, one] : namespaces) {
    if (nsids_.contains(inode) || inode == inode_ || one.path.empty()) continue;
    const auto netns = netns::Netns::open(one.path, "");
    if (!netns || netns->inode() != inode) continue;
    const auto nsid = netlink::find_or_assign_nsid(netns->fd());
    if (!nsid) continue;
    nsids_[inode] = *nsid;
    if (!facts_.knows_peer(*nsid)) unlisted_.insert(*nsid);
  }
}

void EndpointSurvey::set_owner(int nsid, const std::vector<std::string>& from_proc,
                               const cgroupfs::HostCgroups& cgroups) {
  std::vector<std::string> paths;
  for (const std::string& cgroup : from_proc) paths.push_back(cgroups.absolute(cgroup));
  std::erase(paths, "");
  const NetnsOwner owner = owner_of_netns(paths);
  note_change(facts_.set_owner(nsid, owner, cgroups.id_of(owner.cgroup)));
}

Result<void> EndpointSurvey::set_owners(const Namespaces& namespaces, bool all,
                                        const cgroupfs::HostCgroups& cgroups) {
  find_ids(namespaces, all);
  const auto listed = list();
  std::set<int> without;
  for (const int nsid : all ? facts_.peers() : std::vector<int>{}) without.insert(nsid);
  for (const auto& [inode, nsid] : nsids_) {
    const auto found = namespaces.find(inode);
    if (found == namespaces.end()) continue;
    set_owner(nsid, found->second.cgroups, cgroups);
    note_change(facts_.set_netns_inode(nsid, static_cast<std::uint32_t>(inode)));
    without.erase(nsid);
  }
  for (const int nsid : without) set_owner(nsid, {}, cgroups);
  new_peers_ = new_peers_ && !all;
  return listed;
}

}  // namespace cgtally::monitor
