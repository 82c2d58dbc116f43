// SPDX-License-Identifier: Apache-2.0
// The kernel frees the id of a netns before it tells so, and another netns may have got it by then.
// So an id that was freed, and that a device leads to all the same, is listed once more.
#include "monitor/endpoints/netns_endpoints.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;
using netlink::NetnsEvent;

constexpr std::size_t kMostEvents = 4096;  // at once
constexpr int kMostReads = 16;             // before the maps are written
constexpr Nanoseconds kDoubt = 20ms;
// A write is followed by a rest of this many times its length, but for removals.
constexpr int kShareOfWrites = 25;
constexpr Nanoseconds kLongestRest = 100ms;

void note(Result<void>& first, const Result<void>& one) {
  if (first && !one) first = one;
}

}  // namespace

NetnsEndpoints::NetnsEndpoints(netns::Netns netns, netlink::NetnsNews news, EndpointSurvey survey,
                               bpf::EndpointMaps maps, bpf::OriginHooks hooks)
    : netns_(std::move(netns)),
      news_(std::move(news)),
      survey_(std::move(survey)),
      maps_(std::move(maps)),
      hooks_(std::move(hooks)) {}

Result<NetnsEndpoints> NetnsEndpoints::open(bpf::EndpointMaps maps, bpf::OriginHooks hooks) {
  auto netns = netns::Netns::current();
  if (!netns) return std::unexpected(std::move(netns).error());
  auto news = netlink::NetnsNews::open();
  if (!news) return std::unexpected(std::move(news).error());
  auto survey = EndpointSurvey::open();
  if (!survey) return std::unexpected(std::move(survey).error());
  return NetnsEndpoints(*std::move(netns), *std::move(news), *std::move(survey), std::move(maps),
                        std::move(hooks));
}

Result<void> NetnsEndpoints::start(Nanoseconds now) {
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  Result<void> first = survey_.list();
  note(first, write(now));
  keep(sys::now().boot);
  return first;
}

Result<void> NetnsEndpoints::write(Nanoseconds now) {
  write_due_.reset();
  if (!survey_.has_changed()) return {};
  const Nanoseconds began = sys::now().boot;
  table_ = survey_.table();
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

void NetnsEndpoints::process_news(Nanoseconds now) {
  for (int reads = 0; reads < kMostReads; ++reads) {
    const auto events = news_.read(kMostEvents);
    for (const NetnsEvent& event : events) apply(event, now);
    if (events.size() < kMostEvents) break;
  }
  const bool waits = survey_.has_changed() || survey_.is_wanting();
  if (waits && !write_due_) write_due_ = now + std::min(write_took_ * kShareOfWrites, kLongestRest);
}

void NetnsEndpoints::apply(const NetnsEvent& event, Nanoseconds now) {
  const std::optional<int> nsid =
      event.nsid == survey_.facts().own_nsid() ? std::nullopt : event.nsid;
  if (const auto* link = std::get_if<NetnsEvent::Link>(&event.what)) {
    apply(nsid, *link);
  } else if (const auto* address = std::get_if<NetnsEvent::Address>(&event.what)) {
    apply(nsid, *address);
  } else if (const auto* id = std::get_if<NetnsEvent::Id>(&event.what); id && !nsid) {
    apply(*id, now);
  } else if (std::holds_alternative<NetnsEvent::Lost>(event.what)) {
    survey_.want_all();
    (void)maps_.write({});  // among what was lost may be a removal
  }
}

// A device of another netns names its other end by ids that are not ours: it is listed instead.
void NetnsEndpoints::apply(std::optional<int> nsid, const NetnsEvent::Link& link) {
  EndpointFacts& facts = survey_.facts();
  const int ifindex = link.device.ifindex;
  if (nsid && link.removed) {
    maps_.remove_of(*nsid);
    survey_.note_change(facts.remove_peer_link(*nsid, ifindex));
  } else if (nsid) {
    if (!facts.knows_peer_link(*nsid, link.device)) survey_.want(*nsid);
  } else if (link.removed) {
    maps_.remove_device(ifindex);
    if (const auto led_to = facts.nsid_of_link(ifindex)) maps_.remove_of(*led_to);
    survey_.note_change(facts.remove_link(ifindex));
  } else {
    survey_.note_change(facts.set_link(link.device));
  }
}

void NetnsEndpoints::apply(std::optional<int> nsid, const NetnsEvent::Address& address) {
  EndpointFacts& facts = survey_.facts();
  const DeviceAddress& one = address.address;
  // Removed from its endpoint, or added as the netns' own or as that of a second endpoint.
  if (address.removed == nsid.has_value() || maps_.has_of_another(one.address, nsid)) {
    maps_.remove(one.address);
  }
  if (nsid) {
    survey_.note_change(address.removed ? facts.remove_peer_address(*nsid, one)
                                        : facts.add_peer_address(*nsid, one));
  } else {
    survey_.note_change(address.removed ? facts.remove_own_address(one)
                                        : facts.add_own_address(one));
  }
}

void NetnsEndpoints::apply(const NetnsEvent::Id& id, Nanoseconds now) {
  if (id.nsid == survey_.facts().own_nsid()) return;
  survey_.forget_owner_of(id.nsid);
  if (!id.removed) return survey_.want(id.nsid);
  maps_.remove_of(id.nsid);
  survey_.forget(id.nsid);
  doubtful_[id.nsid] = now + kDoubt;
}

std::optional<Nanoseconds> NetnsEndpoints::due() const {
  std::optional<Nanoseconds> first = write_due_;
  for (const auto& [nsid, time] : doubtful_) first = std::min(first.value_or(time), time);
  return first;
}

Result<void> NetnsEndpoints::process_due(Nanoseconds now) {
  const std::set<int> linked = doubtful_.empty() ? std::set<int>{} : survey_.facts().linked_nsids();
  std::erase_if(doubtful_, [&](const auto& item) {
    if (item.second > now) return false;
    if (linked.contains(item.first)) survey_.want(item.first);
    return true;
  });
  process_news(now);
  if (!write_due_ || *write_due_ > now) return {};
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  Result<void> first = survey_.list();
  note(first, write(now));
  return first;
}

void NetnsEndpoints::reattach() {
  if (const auto entered = netns::Entered::enter(netns_); entered) hooks_.reattach();
}

Result<void> NetnsEndpoints::set_owners(const Namespaces& namespaces, bool all,
                                        const cgroupfs::HostCgroups& cgroups, Nanoseconds began) {
  const auto entered = netns::Entered::enter(netns_);
  if (!entered) return std::unexpected(entered.error());
  process_news(sys::now().boot);  // ids that have been freed
  Result<void> first = survey_.set_owners(namespaces, all, cgroups);
  note(first, write(sys::now().boot));
  schedule_.looked(began);
  return first;
}

void NetnsEndpoints::stop() {
  maps_.clear();
  if (const auto entered = netns::Entered::enter(netns_); entered) (void)hooks_.update({});
}

}  // namespace cgtally::monitor
