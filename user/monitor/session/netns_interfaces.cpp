// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/netns_interfaces.h"

#include <algorithm>
#include <cerrno>

#include "adapters/netlink/addresses.h"
#include "adapters/netlink/links.h"

namespace cgtally::monitor {
namespace {

// A rename is a new interface too: it is counted under its new name from then on.
bool same(const Interface& a, const Interface& b) {
  return a.ifindex == b.ifindex && a.name == b.name;
}

bool contains(const std::vector<Interface>& links, const Interface& link) {
  return std::ranges::any_of(links, [&](const Interface& other) { return same(link, other); });
}

// In the netns until the result goes; nothing to do for the own one.
Result<std::optional<netns::Entered>> visit(const std::optional<netns::Netns>& netns) {
  std::optional<netns::Entered> entered;
  if (netns) {
    auto inside = netns::Entered::enter(*netns);
    if (!inside) {
      return std::unexpected(inside.error());
    }
    entered.emplace(std::move(*inside));
  }
  return entered;
}

}  // namespace

NetnsInterfaces::NetnsInterfaces(std::optional<netns::Netns> netns, std::uint64_t inode,
                                 std::string label, std::string host_root, netlink::Watcher watcher,
                                 Notices& notices)
    : netns_(std::move(netns)),
      inode_(inode),
      label_(std::move(label)),
      host_root_(std::move(host_root)),
      watcher_(std::move(watcher)),
      notices_(notices) {}

Result<NetnsInterfaces> NetnsInterfaces::open(const std::string& netns,
                                              const std::string& host_root, Notices& notices) {
  std::optional<netns::Netns> where;
  if (!netns.empty()) {
    auto opened = netns::Netns::open(netns, host_root);
    if (!opened) {
      return std::unexpected(opened.error());
    }
    where = std::move(*opened);
  }
  const auto entered = visit(where);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  // Before anything is listed: what changes after the list is told by the watcher.
  auto watcher = netlink::Watcher::open();
  if (!watcher) {
    return std::unexpected(watcher.error());
  }
  const auto here = netns::Netns::current();
  if (!here) {
    return std::unexpected(here.error());
  }
  return NetnsInterfaces(std::move(where), here->inode(), netns, host_root, std::move(*watcher),
                         notices);
}

Result<std::vector<Interface>> NetnsInterfaces::links() const {
  const auto entered = visit(netns_);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  return netlink::list_links();
}

Result<void> NetnsInterfaces::choose(const std::vector<std::string>& patterns) {
  selection_.patterns = patterns;
  if (!patterns.empty()) {
    return {};
  }
  const auto entered = visit(netns_);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  const auto links = netlink::list_links();
  if (!links) {
    return std::unexpected(links.error());
  }
  if (std::ranges::any_of(*links, &Interface::uplink)) {
    return {};
  }
  const auto device = netlink::default_route_device();
  if (!device) {
    return std::unexpected(nothing_to_count(*links));
  }
  selection_.patterns = {*device};
  notices_.report("no uplink" + (label_.empty() ? "" : " in netns " + label_) + ": counting " +
                  *device + ", the default route's device");
  return {};
}

Result<void> NetnsInterfaces::begin(bpf::PacketPrograms& tally) {
  const auto entered = visit(netns_);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  auto links = netlink::list_links();
  if (!links) {
    return std::unexpected(links.error());
  }
  key_ = tally.add_netns();
  // Before the first packet is counted: without the addresses all of it would be foreign.
  if (auto set = refresh_addresses(tally); !set) {
    return set;
  }
  for (const Interface& link : *links) {
    if (!selected(selection_, link)) {
      continue;
    }
    auto key = tally.attach(link, key_, label_);
    if (key) {
      attached_.emplace(*key, link);
    } else if (key.error().code != ENODEV) {
      return std::unexpected(key.error());
    }
  }
  return {};
}

bool NetnsInterfaces::follow(bpf::PacketPrograms& tally) {
  const netlink::Changes changes = watcher_ ? watcher_->take() : netlink::Changes{};
  if (!changes.links && !changes.addresses) {
    return false;
  }
  const auto entered = visit(netns_);
  if (!entered) {
    notices_.report(entered.error().what);
    return false;
  }
  if (changes.addresses) {
    if (const auto set = refresh_addresses(tally); !set) {
      notices_.report(set.error().what);
    }
  }
  if (!changes.links) {
    return false;
  }
  const auto links = netlink::list_links();
  if (!links) {
    notices_.report(links.error().what);
    return false;
  }
  const bool released = release_vanished(tally, *links);
  const bool attached = attach_new(tally, *links);
  return released || attached;
}

bool NetnsInterfaces::still_named() const {
  if (!netns_) {
    return true;
  }
  const auto found = netns::Netns::open(label_, host_root_);
  return found && found->inode() == netns_->inode();
}

std::vector<bpf::ReattachedHook> NetnsInterfaces::reattach(bpf::PacketPrograms& tally,
                                                           Nanoseconds now) const {
  const auto entered = visit(netns_);
  return entered && !attached_.empty() ? tally.reattach(inode_, now)
                                       : std::vector<bpf::ReattachedHook>{};
}

void NetnsInterfaces::end(bpf::PacketPrograms& tally) {
  {
    const auto entered = visit(netns_);
    for (const auto& [key, link] : attached_) {
      tally.detach(key);
    }
  }
  attached_.clear();
  (void)tally.set_addresses(key_, {});  // nobody asks for them any more
  watcher_.reset();
  netns_.reset();
}

bool NetnsInterfaces::release_vanished(bpf::PacketPrograms& tally,
                                       const std::vector<Interface>& links) {
  return std::erase_if(attached_, [&](const auto& item) {
           const auto& [key, link] = item;
           if (contains(links, link)) {
             return false;
           }
           tally.detach(key);
           gone_.insert(link.name);
           notices_.report(link.name + " has gone: its totals stay, and it is waited for");
           return true;
         }) > 0;
}

bool NetnsInterfaces::attach_new(bpf::PacketPrograms& tally, const std::vector<Interface>& links) {
  bool any = false;
  std::erase_if(refused_, [&](const auto& refused) {
    return std::ranges::none_of(links, [&](const Interface& link) {
      return link.ifindex == refused.first && link.name == refused.second;
    });
  });
  for (const Interface& link : links) {
    const bool known =
        refused_.contains(link.ifindex) ||
        std::ranges::any_of(attached_, [&](const auto& item) { return same(item.second, link); });
    if (known || !selected(selection_, link)) {
      continue;
    }
    auto key = tally.attach(link, key_, label_);
    if (key) {
      any = true;
      attached_.emplace(*key, link);
      notices_.report(link.name + (gone_.erase(link.name) > 0 ? " is back" : " has come") +
                      ": counting it");
    } else if (key.error().code != ENODEV) {  // ENODEV: it has gone again, and will be told
      refused_.emplace(link.ifindex, link.name);
      notices_.report("not counting " + link.name + ": " + key.error().what);
    }
  }
  return any;
}

Result<void> NetnsInterfaces::refresh_addresses(bpf::PacketPrograms& tally) {
  const auto addresses = netlink::list_addresses();
  if (!addresses) {
    return std::unexpected(addresses.error());
  }
  return tally.set_addresses(key_, *addresses);
}

}  // namespace cgtally::monitor
