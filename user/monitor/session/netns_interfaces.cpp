// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/netns_interfaces.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "adapters/netlink/addresses.h"
#include "adapters/netlink/default_route.h"
#include "adapters/netlink/links.h"
#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kTurn = 200ms;
constexpr Nanoseconds kListedFor = 100ms;

bool same(const Interface& a, const Interface& b) {
  return a.ifindex == b.ifindex && a.name == b.name;
}

bool contains(const std::vector<Interface>& interfaces, const Interface& wanted) {
  return std::ranges::any_of(interfaces,
                             [&](const Interface& other) { return same(wanted, other); });
}

// The thread is in `netns` as long as the result lives; empty: it is there already.
Result<std::optional<netns::Entered>> visit(const std::optional<netns::Netns>& netns) {
  std::optional<netns::Entered> entered;
  if (netns) {
    auto inside = netns::Entered::enter(*netns);
    if (!inside) return std::unexpected(inside.error());
    entered.emplace(std::move(*inside));
  }
  return entered;
}

}  // namespace

NetnsInterfaces::NetnsInterfaces(std::optional<netns::Netns> netns, std::uint64_t inode,
                                 std::string label, netlink::Watcher watcher, Notices& notices)
    : netns_(std::move(netns)),
      inode_(inode),
      label_(std::move(label)),
      watcher_(std::move(watcher)),
      notices_(notices) {}

Result<NetnsInterfaces> NetnsInterfaces::open(const std::string& netns,
                                              const std::string& host_root, Notices& notices) {
  std::optional<netns::Netns> named;
  if (!netns.empty()) {
    auto opened = netns::Netns::open(netns, host_root);
    if (!opened) return std::unexpected(opened.error());
    named = std::move(*opened);
  }
  const auto entered = visit(named);
  if (!entered) return std::unexpected(entered.error());
  // Before anything is listed: the watcher tells what changes after the list.
  auto watcher = netlink::Watcher::open();
  if (!watcher) return std::unexpected(watcher.error());
  const auto here = netns::Netns::current();
  if (!here) return std::unexpected(here.error());
  return NetnsInterfaces(std::move(named), here->inode(), netns, std::move(*watcher), notices);
}

Result<std::vector<Interface>> NetnsInterfaces::list_interfaces() const {
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  return netlink::list_links();
}

Result<void> NetnsInterfaces::select(const std::vector<std::string>& patterns) {
  selection_.patterns = patterns;
  if (!patterns.empty()) return {};
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  const auto existing = netlink::list_links();
  if (!existing) return std::unexpected(existing.error());
  if (!find_default(*existing)) return std::unexpected(nothing_to_count(*existing));
  return {};
}

Result<void> NetnsInterfaces::select_when_ready(const std::vector<std::string>& patterns) {
  selection_.patterns = patterns;
  if (!patterns.empty()) return {};
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  // Before the list: the watcher tells of a route that comes after it.
  if (auto followed = watcher_.follow_routes(true); !followed) return followed;
  const auto existing = netlink::list_links();
  if (!existing) return std::unexpected(existing.error());
  undecided_ = !find_default(*existing);
  if (!undecided_) return watcher_.follow_routes(false);
  return {};
}

// Without patterns: whether there is an uplink, or else a default route's device, which is the one
// pattern then.
bool NetnsInterfaces::find_default(const std::vector<Interface>& existing) {
  if (std::ranges::any_of(existing, &Interface::uplink)) return true;
  const auto device = netlink::default_route_device();
  if (!device) return false;
  selection_.patterns = {*device};
  notices_.report(fmt::format("no uplink{}: counting {}, the default route's device",
                              label_.empty() ? "" : fmt::format(" in netns {}", label_), *device));
  return true;
}

// Before the first packet is counted: without the addresses all traffic would be foreign.
Result<void> NetnsInterfaces::set_up_addresses(bpf::PacketPrograms& programs) {
  key_ = programs.add_netns();
  return refresh_addresses(programs);
}

Result<bool> NetnsInterfaces::attach_selected(bpf::PacketPrograms& programs,
                                              const AskedToEnd& asked_to_end) {
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  auto existing = netlink::list_links();
  if (!existing) return std::unexpected(existing.error());
  if (auto set = set_up_addresses(programs); !set) return std::unexpected(set.error());
  for (const Interface& interface : *existing) {
    if (!selected(selection_, interface)) {
      continue;
    }
    if (asked_to_end && asked_to_end()) return false;
    auto key = programs.attach(interface, key_, label_);
    if (key) {
      attached_.emplace(*key, interface);
    } else if (key.error().code != ENODEV) {  // ENODEV: it has gone since it was listed
      return std::unexpected(key.error());
    }
  }
  return true;
}

Result<void> NetnsInterfaces::attach_later(bpf::PacketPrograms& programs) {
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  const auto existing = netlink::list_links();
  if (!existing) return std::unexpected(existing.error());
  if (auto set = set_up_addresses(programs); !set) return set;
  turn_began_ = sys::now().boot;
  attach_new(programs, *existing);
  return {};
}

bool NetnsInterfaces::process_changes(bpf::PacketPrograms& programs) {
  const netlink::Changes changes = watcher_.read_changes();
  const bool links = changes.links || (undecided_ && changes.routes) || behind_;
  if (!links && !changes.addresses) return false;
  const auto entered = visit(netns_);
  if (!entered) {
    notices_.report(entered.error().what);
    return false;
  }
  if (changes.addresses) {
    if (const auto set = refresh_addresses(programs); !set) {
      notices_.report(set.error().what);
    }
  }
  return links && process_links(programs);
}

// News of many interfaces costs a list of them all: the next one comes after four times as long as
// this one took.
bool NetnsInterfaces::process_links(bpf::PacketPrograms& programs) {
  turn_began_ = sys::now().boot;
  behind_ = turn_began_ < may_list_;
  if (behind_) return false;
  const auto existing = netlink::list_links();
  const Nanoseconds listed = sys::now().boot;
  may_list_ = listed + 4 * (listed - turn_began_);
  if (!existing) {
    notices_.report(existing.error().what);
    return false;
  }
  if (undecided_ && find_default(*existing)) {
    undecided_ = false;
    (void)watcher_.follow_routes(false);
  }
  const bool renamed = rename_attached(programs, *existing);
  const bool detached = detach_vanished(programs, *existing);
  const bool attached = attach_new(programs, *existing);
  return renamed || detached || attached;
}

std::vector<bpf::ReattachedHook> NetnsInterfaces::reattach(bpf::PacketPrograms& programs,
                                                           Nanoseconds now) const {
  const auto entered = visit(netns_);
  if (!entered || attached_.empty()) return {};
  return programs.reattach(inode_, now);
}

Result<void> NetnsInterfaces::reload(bpf::PacketPrograms& programs) const {
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  return programs.reload(inode_);
}

// Where no counted interface is bound to a driver, a counted veth is the way out: its other end is
// no endpoint, but the world.
void NetnsInterfaces::follow_endpoints(EndpointWatcher& watcher,
                                       const bpf::PacketPrograms& programs) const {
  std::set<int> excluded;
  bool has_uplink = false;
  for (const auto& [key, interface] : attached_) {
    excluded.insert(interface.ifindex);
    has_uplink = has_uplink || interface.uplink();
  }
  if (has_uplink) excluded.clear();
  if (watcher.contains(key_.value)) return watcher.exclude(key_.value, excluded);
  if (attached_.empty()) return;
  const auto entered = visit(netns_);
  if (!entered) return notices_.report(entered.error().what);
  watcher.add(key_.value, programs.endpoint_maps(key_), programs.origin_program(), excluded);
}

void NetnsInterfaces::detach_all(bpf::PacketPrograms& programs) {
  {
    const auto entered = visit(netns_);
    programs.detach_netns(key_);
  }
  attached_.clear();
}

Result<bool> NetnsInterfaces::has(const bpf::InterfaceRecord& record,
                                  const bpf::PacketPrograms& programs) const {
  const auto entered = visit(netns_);
  if (!entered) return std::unexpected(entered.error());
  if (const Nanoseconds now = sys::now().boot; listed_.empty() || now - listed_at_ > kListedFor) {
    auto existing = netlink::list_links();
    if (!existing) return std::unexpected(existing.error());
    listed_ = *std::move(existing);
    listed_at_ = now;
  }
  return std::ranges::any_of(listed_, [&](const Interface& one) {
    return one.ifindex == record.ifindex && one.netns_id.may_be(record.netns_id) &&
           (one.name == record.name ||
            (record.attached && programs.is_attached_at(record.key, one.ifindex)));
  });
}

// A renamed interface has its index and our programs as before; one that was made in the place of
// another has not.
bool NetnsInterfaces::rename_attached(bpf::PacketPrograms& programs,
                                      const std::vector<Interface>& existing) {
  bool any = false;
  for (auto& [key, interface] : attached_) {
    const auto now = std::ranges::find(existing, interface.ifindex, &Interface::ifindex);
    if (now == existing.end() || now->name == interface.name ||
        !programs.is_attached_at(key, now->ifindex)) {
      continue;
    }
    any = true;
    programs.rename(key, now->name);
    notices_.report(fmt::format("{} is called {} now: its counting goes on under that name{}",
                                interface.name, now->name,
                                selected(selection_, *now) ? "" : ", which no --iface names"));
    interface = *now;
  }
  return any;
}

bool NetnsInterfaces::detach_vanished(bpf::PacketPrograms& programs,
                                      const std::vector<Interface>& existing) {
  return std::erase_if(attached_, [&](const auto& item) {
           const auto& [key, interface] = item;
           if (contains(existing, interface) || turn_is_over()) return false;
           programs.detach(key);
           gone_.insert(interface.name);
           notices_.report(
               fmt::format("{} has gone: its totals stay, and it is waited for", interface.name));
           return true;
         }) > 0;
}

bool NetnsInterfaces::attach_new(bpf::PacketPrograms& programs,
                                 const std::vector<Interface>& existing) {
  bool any = false;
  std::erase_if(refused_, [&](const auto& refused) {
    return std::ranges::none_of(existing, [&](const Interface& interface) {
      return interface.ifindex == refused.first && interface.name == refused.second;
    });
  });
  std::set<std::pair<int, std::string>> counted;
  for (const auto& [key, interface] : attached_) counted.emplace(interface.ifindex, interface.name);
  for (const Interface& interface : existing) {
    if (refused_.contains(interface.ifindex) ||
        counted.contains({interface.ifindex, interface.name}) || !selected(selection_, interface)) {
      continue;
    }
    if (turn_is_over()) break;
    auto key = programs.attach(interface, key_, label_);
    if (key) {
      any = true;
      attached_.emplace(*key, interface);
      const bool is_back = gone_.contains(interface.name);
      gone_.erase(interface.name);
      notices_.report(
          fmt::format("{} {}: counting it", interface.name, is_back ? "is back" : "has come"));
    } else if (key.error().code != ENODEV) {  // ENODEV: it has gone, and the watcher will tell
      refused_.emplace(interface.ifindex, interface.name);
      notices_.report(fmt::format("not counting {}: {}", interface.name, key.error().what));
    }
  }
  return any;
}

bool NetnsInterfaces::turn_is_over() {
  if (sys::now().boot - turn_began_ < kTurn) return false;
  behind_ = true;
  return true;
}

Result<void> NetnsInterfaces::refresh_addresses(bpf::PacketPrograms& programs) {
  const auto addresses = netlink::list_addresses();
  if (!addresses) return std::unexpected(addresses.error());
  return programs.set_addresses(key_, *addresses);
}

}  // namespace cgtally::monitor
