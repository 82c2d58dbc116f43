// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/interface_set.h"

#include <algorithm>

#include "adapters/sys/clock.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {

Result<InterfaceSet> InterfaceSet::open(const InterfaceChoice& options, Notices& notices) {
  std::vector<std::string> wanted = options.netns;
  if (wanted.empty()) {
    wanted.emplace_back();
  }
  All places;
  std::vector<Interface> all;
  for (const std::string& netns : wanted) {
    auto place = NetnsInterfaces::open(netns, options.host_root, notices);
    if (!place) {
      return std::unexpected(place.error());
    }
    auto links = place->links();
    if (!links) {
      return std::unexpected(links.error());
    }
    all.insert(all.end(), links->begin(), links->end());
    places.push_back(std::make_unique<NetnsInterfaces>(std::move(*place)));
  }
  // In one of the netns is enough: the same command line serves all of them.
  const auto missing = missing_names({options.interfaces}, all);
  if (!missing.empty()) {
    return std::unexpected(unknown_interface(missing.front(), all));
  }
  for (const auto& place : places) {
    if (auto chosen = place->choose(options.interfaces); !chosen) {
      return std::unexpected(chosen.error());
    }
  }
  return InterfaceSet(std::move(places), notices);
}

Result<void> InterfaceSet::begin(bpf::PacketPrograms& tally) {
  for (const auto& place : all_) {
    if (auto begun = place->begin(tally); !begun) {
      return begun;
    }
  }
  name_attachments();
  if (names_.empty()) {
    notices_.report("no interface matches yet: waiting for one to come");
  }
  return {};
}

void InterfaceSet::name_attachments() {
  std::vector<InterfaceInNetns> attached;
  for (const auto& place : all_) {
    for (const auto& [key, link] : place->attached()) {
      attached.push_back({.key = key,
                          .name = link.name,
                          .netns_inode = place->netns_inode(),
                          .netns = place->label()});
    }
  }
  names_.add(attached);
}

Result<void> InterfaceSet::offer_to(sys::Poller& poller, bpf::PacketPrograms& tally) {
  poller_ = &poller;
  for (const auto& place : all_) {
    auto added = poller.add(place->fd(), [this, &tally, at = place.get()] {
      if (at->follow(tally)) {
        name_attachments();
      }
    });
    if (!added) {
      return added;
    }
  }
  return {};
}

void InterfaceSet::let_go_of_ended(bpf::PacketPrograms& tally) {
  for (const auto& place : all_) {
    if (place->fd() < 0 || place->still_named()) {
      continue;
    }
    if (poller_) {
      (void)poller_->remove(place->fd());
    }
    place->end(tally);
    notices_.report("netns " + place->label() + " has gone: its totals stay");
  }
}

void InterfaceSet::reattach(bpf::PacketPrograms& tally) const {
  for (const auto& place : all_) {
    for (const bpf::ReattachedHook& hook : place->reattach(tally, sys::now().boot)) {
      notices_.report(interface_name(hook.key) +
                      ": somebody took our program away; it is attached again, and up to " +
                      format_duration(hook.gap) + " were not counted");
    }
  }
}

void InterfaceSet::end(bpf::PacketPrograms& tally) {
  for (const auto& place : all_) {
    place->end(tally);
  }
}

std::vector<InterfaceKey> InterfaceSet::attached() const {
  std::vector<InterfaceKey> keys;
  for (const auto& place : all_) {
    for (const auto& [key, link] : place->attached()) {
      keys.push_back(key);
    }
  }
  return keys;
}

std::vector<CountedInterface> InterfaceSet::counted_interfaces(
    const bpf::PacketPrograms& tally) const {
  std::map<InterfaceKey, std::array<std::uint32_t, 2>> programs;
  for (const bpf::Attachment& attachment : tally.attachments()) {
    programs[attachment.key] = attachment.program_ids;
  }
  std::vector<CountedInterface> interfaces;
  for (const auto& place : all_) {
    for (const auto& [key, link] : place->attached()) {
      interfaces.push_back({.key = key,
                            .name = interface_name(key),
                            .netns_id = {.inode = place->netns_inode(), .cookie = 0},
                            .netns = place->label(),
                            .ifindex = link.ifindex,
                            .program_ids = programs[key]});
    }
  }
  return interfaces;
}

std::optional<bool> InterfaceSet::has(const bpf::InterfaceRecord& record) const {
  for (const auto& place : all_) {
    if (place->fd() < 0 || place->netns_inode() != record.netns_id.inode) {
      continue;
    }
    const auto links = place->links();
    if (!links) {
      return std::nullopt;
    }
    return std::ranges::any_of(*links, [&](const Interface& link) {
      return link.netns_id.may_be(record.netns_id) && link.ifindex == record.ifindex &&
             link.name == record.name;
    });
  }
  return std::nullopt;
}

std::string InterfaceSet::counted(const bpf::PacketPrograms& tally) const {
  std::map<std::string, std::string> by_hook;
  for (const bpf::Attachment& attachment : tally.attachments()) {
    std::string& names = by_hook[attachment.hook == bpf::HookKind::tcx ? "tcx" : "clsact"];
    names += (names.empty() ? "" : ", ") + interface_name(attachment.key);
  }
  std::string text;
  for (const auto& [hook, names] : by_hook) {
    text += (text.empty() ? "" : "; ") + names + " (" + hook + ")";
  }
  return text.empty() ? "nothing yet" : text;
}

}  // namespace cgtally::monitor
