// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/interface_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

#include "adapters/sys/clock.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {

Result<InterfaceSet> InterfaceSet::open(const InterfaceChoice& choice, Notices& notices) {
  std::vector<std::string> chosen = choice.netns;
  if (chosen.empty()) {
    chosen.emplace_back();
  }
  AllNetns netns;
  std::vector<Interface> existing;
  for (const std::string& name : chosen) {
    auto opened = NetnsInterfaces::open(name, choice.host_root, notices);
    if (!opened) return std::unexpected(opened.error());
    auto interfaces = opened->list_interfaces();
    if (!interfaces) return std::unexpected(interfaces.error());
    existing.insert(existing.end(), interfaces->begin(), interfaces->end());
    netns.push_back(std::make_unique<NetnsInterfaces>(std::move(*opened)));
  }
  // In one of the netns is enough: the same command line serves all of them.
  const auto missing = missing_names({choice.interfaces}, existing);
  if (!missing.empty()) {
    return std::unexpected(unknown_interface(missing.front(), existing));
  }
  for (const auto& one : netns) {
    if (auto selected = one->select(choice.interfaces); !selected) {
      return std::unexpected(selected.error());
    }
  }
  return InterfaceSet(std::move(netns), notices);
}

Result<void> InterfaceSet::attach_all(bpf::PacketPrograms& programs) {
  for (const auto& netns : netns_) {
    if (auto attached = netns->attach_selected(programs); !attached) return attached;
  }
  name_attached();
  if (names_.empty()) {
    notices_.report("no interface matches yet: waiting for one to come");
  }
  return {};
}

void InterfaceSet::name_attached() {
  std::vector<InterfaceInNetns> attached;
  for (const auto& netns : netns_) {
    for (const auto& [key, interface] : netns->attached()) {
      attached.push_back({.key = key,
                          .name = interface.name,
                          .netns_inode = netns->inode(),
                          .netns = netns->label()});
    }
  }
  names_.add(attached);
}

Result<void> InterfaceSet::follow_changes(sys::Poller& poller, bpf::PacketPrograms& programs) {
  poller_ = &poller;
  for (const auto& netns : netns_) {
    auto added = poller.add(netns->fd(), [this, &programs, at = netns.get()] {
      if (at->process_changes(programs)) {
        name_attached();
      }
    });
    if (!added) return added;
  }
  return {};
}

void InterfaceSet::release_vanished_netns(bpf::PacketPrograms& programs) {
  for (const auto& netns : netns_) {
    if (netns->fd() < 0 || netns->still_named()) {
      continue;
    }
    if (poller_) {
      (void)poller_->remove(netns->fd());
    }
    netns->release(programs);
    notices_.report(fmt::format("netns {} has gone: its totals stay", netns->label()));
  }
}

void InterfaceSet::reattach(bpf::PacketPrograms& programs) const {
  for (const auto& netns : netns_) {
    for (const bpf::ReattachedHook& hook : netns->reattach(programs, sys::now().boot)) {
      notices_.report(fmt::format(
          "{}: somebody took our program away; it is attached again, and up to {} were not counted",
          interface_name(hook.key), format_duration(hook.gap)));
    }
  }
}

void InterfaceSet::detach_all(bpf::PacketPrograms& programs) {
  for (const auto& netns : netns_) {
    netns->release(programs);
  }
}

std::vector<InterfaceKey> InterfaceSet::attached() const {
  std::vector<InterfaceKey> keys;
  for (const auto& netns : netns_) {
    for (const auto& [key, interface] : netns->attached()) {
      keys.push_back(key);
    }
  }
  return keys;
}

std::vector<CountedInterface> InterfaceSet::counted_interfaces(
    const bpf::PacketPrograms& programs) const {
  std::map<InterfaceKey, std::array<std::uint32_t, 2>> program_ids;
  for (const bpf::Attachment& attachment : programs.attachments()) {
    program_ids[attachment.key] = attachment.program_ids;
  }
  std::vector<CountedInterface> interfaces;
  for (const auto& netns : netns_) {
    for (const auto& [key, interface] : netns->attached()) {
      interfaces.push_back({.key = key,
                            .name = interface_name(key),
                            .netns_id = {.inode = netns->inode(), .cookie = 0},
                            .netns = netns->label(),
                            .ifindex = interface.ifindex,
                            .program_ids = program_ids[key]});
    }
  }
  return interfaces;
}

std::optional<bool> InterfaceSet::exists(const bpf::InterfaceRecord& record) const {
  for (const auto& netns : netns_) {
    if (netns->fd() < 0 || netns->inode() != record.netns_id.inode) {
      continue;
    }
    const auto interfaces = netns->list_interfaces();
    if (!interfaces) return std::nullopt;
    return std::ranges::any_of(*interfaces, [&](const Interface& interface) {
      return interface.netns_id.may_be(record.netns_id) && interface.ifindex == record.ifindex &&
             interface.name == record.name;
    });
  }
  return std::nullopt;
}

std::string InterfaceSet::describe_attached(const bpf::PacketPrograms& programs) const {
  std::map<std::string, std::string> by_hook;
  for (const bpf::Attachment& attachment : programs.attachments()) {
    std::string& names = by_hook[attachment.hook == bpf::HookKind::tcx ? "tcx" : "clsact"];
    names += (names.empty() ? "" : ", ") + interface_name(attachment.key);
  }
  std::string text;
  for (const auto& [hook, names] : by_hook) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", names, hook);
  }
  return text.empty() ? "nothing yet" : text;
}

}  // namespace cgtally::monitor
