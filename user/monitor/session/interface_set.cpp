// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/interface_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <utility>

#include "adapters/sys/clock.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kLookEvery = 1s;
constexpr Nanoseconds kCatchUpEvery = 50ms;

}  // namespace

Result<InterfaceSet> InterfaceSet::open(const InterfaceChoice& choice, Notices& notices) {
  auto chosen = NetnsChoice::open(choice, notices);
  if (!chosen) return std::unexpected(chosen.error());
  InterfaceSet set(choice, std::move(*chosen), notices);
  if (auto opened = set.open_chosen(); !opened) return std::unexpected(opened.error());
  if (auto checked = set.check_names(); !checked) return std::unexpected(checked.error());
  for (const auto& one : set.netns_) {
    // Of a netns that the user named something must be countable; of many, some may be empty.
    auto selected = set.chosen_.may_grow() ? one->select_when_ready(choice.interfaces)
                                           : one->select(choice.interfaces);
    if (!selected) return std::unexpected(selected.error());
  }
  return set;
}

Result<void> InterfaceSet::open_chosen() {
  for (const netns::SelectedNetns& found : chosen_.current()) {
    auto opened = NetnsInterfaces::open(found.label, choice_.host_root, notices_);
    const bool has_gone = !opened && opened.error().code == ENOENT;
    if (has_gone && chosen_.may_grow()) {
      continue;
    }
    if (!opened) return std::unexpected(opened.error());
    netns_.push_back(std::make_unique<NetnsInterfaces>(std::move(*opened)));
  }
  return {};
}

// In one of the netns is enough: the same command line serves all of them. Netns that come later
// may have what is missing now.
Result<void> InterfaceSet::check_names() const {
  if (chosen_.may_grow()) return {};
  std::vector<Interface> existing;
  for (const auto& netns : netns_) {
    auto interfaces = netns->list_interfaces();
    if (!interfaces) return std::unexpected(interfaces.error());
    existing.insert(existing.end(), interfaces->begin(), interfaces->end());
  }
  const auto missing = missing_names({choice_.interfaces}, existing);
  if (missing.empty()) return {};
  return std::unexpected(unknown_interface(missing.front(), existing));
}

Result<bool> InterfaceSet::attach_all(bpf::PacketPrograms& programs,
                                      const AskedToEnd& asked_to_end) {
  bool all_attached = true;
  for (const auto& netns : netns_) {
    const auto all = netns->attach_selected(programs, asked_to_end);
    if (!all) return all;
    all_attached = *all;
    if (!all_attached) break;
  }
  name_attached();  // of all at once: the first of two with one name must have its netns, too
  if (!all_attached) return false;
  if (names_.empty()) {
    notices_.report("no interface matches yet: waiting for one to come");
  }
  return true;
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
  programs_ = &programs;
  auto endpoints = EndpointWatcher::start(choice_.host_root, notices_, poller);
  if (!endpoints) return std::unexpected(endpoints.error());
  endpoints_ = *std::move(endpoints);
  for (const auto& netns : netns_) {
    if (auto followed = follow(*netns); !followed) return followed;
  }
  follow_endpoints();
  return chosen_.may_change() ? follow_netns() : Result<void>{};
}

void InterfaceSet::follow_endpoints() {
  for (const auto& netns : netns_) netns->follow_endpoints(*endpoints_, *programs_);
}

Result<void> InterfaceSet::follow(NetnsInterfaces& netns) {
  return poller_->add(netns.fd(), [this, at = &netns] { process_changes(*at); });
}

void InterfaceSet::process_changes(NetnsInterfaces& netns) {
  if (netns.process_changes(*programs_)) {
    name_attached();
    netns.follow_endpoints(*endpoints_, *programs_);
  }
  if (netns.behind()) catch_up_later();
}

void InterfaceSet::catch_up_later() {
  if (behind_) return;
  auto timer = sys::Timer::every(kCatchUpEvery);
  if (!timer) return notices_.report(timer.error().what);
  behind_ = *std::move(timer);
  (void)poller_->add(behind_->fd(), [this] { catch_up(); });
}

void InterfaceSet::catch_up() {
  (void)behind_->read_expirations();
  // One netns at a time: each may use up what one callback may take.
  const auto next = std::ranges::find_if(netns_, [](const auto& one) { return one->behind(); });
  if (next != netns_.end()) process_changes(**next);
  if (std::ranges::any_of(netns_, [](const auto& one) { return one->behind(); })) return;
  (void)poller_->remove(behind_->fd());
  behind_.reset();
}

// A name comes and goes by a mount, which is reported at once; for processes there is no such
// report.
Result<void> InterfaceSet::follow_netns() {
  auto mounts = netns::MountWatcher::open();
  if (!mounts) return std::unexpected(mounts.error());
  auto timer = sys::Timer::every(kLookEvery);
  if (!timer) return std::unexpected(timer.error());
  mounts_ = std::move(*mounts);
  timer_ = std::move(*timer);
  auto added = poller_->add(mounts_->fd(), [this] { update_netns(); }, sys::Readiness::exceptional);
  if (!added) return added;
  update_netns();  // what came and went before the mounts were watched
  return poller_->add(timer_->fd(), [this] {
    (void)timer_->read_expirations();
    update_netns();
  });
}

void InterfaceSet::update_netns() {
  chosen_.update(sys::now().boot);
  std::erase_if(refused_, [this](std::uint64_t inode) { return !chosen_.contains(inode); });
  const bool gone = release_vanished();
  const bool come = add_new();
  if (gone || come) {
    name_attached();
    follow_endpoints();
  }
}

bool InterfaceSet::release_vanished() {
  return std::erase_if(netns_, [this](const std::unique_ptr<NetnsInterfaces>& netns) {
           if (chosen_.contains(netns->inode())) {
             return false;
           }
           (void)poller_->remove(netns->fd());
           netns->leave_endpoints(*endpoints_);
           netns->detach_all(*programs_);
           const std::string& label = netns->label();
           const bool awaited = chosen_.awaits(label);
           notices_.report(
               fmt::format("netns {} has gone: its totals stay{}", label,
                           awaited ? ", and it is waited for"
                                   : "; a process does not come back, so it is not waited for"));
           if (awaited) {
             gone_.insert(label);
           }
           return true;
         }) > 0;
}

bool InterfaceSet::add_new() {
  bool any = false;
  for (const netns::SelectedNetns& found : chosen_.current()) {
    const bool known =
        refused_.contains(found.inode) ||
        std::ranges::any_of(netns_, [&](const auto& one) { return one->inode() == found.inode; });
    if (known) {
      continue;
    }
    auto added = add(found);
    any = any || (added && *added);
    if (!added && added.error().code != ENOENT) {  // ENOENT: it has gone already
      refused_.insert(found.inode);
      notices_.report(fmt::format("not counting in netns {}: {}", found.label, added.error().what));
    }
  }
  return any;
}

// False if another netns has the name by now: the next look finds it.
Result<bool> InterfaceSet::add(const netns::SelectedNetns& found) {
  auto opened = NetnsInterfaces::open(found.label, choice_.host_root, notices_);
  if (!opened) return std::unexpected(opened.error());
  if (opened->inode() != found.inode) return false;
  auto netns = std::make_unique<NetnsInterfaces>(std::move(*opened));
  const bool is_back = gone_.contains(found.label);
  gone_.erase(found.label);
  notices_.report(fmt::format("netns {} {}", found.label, is_back ? "is back" : "has come"));
  if (auto selected = netns->select_when_ready(choice_.interfaces); !selected) {
    return std::unexpected(selected.error());
  }
  if (auto attached = netns->attach_later(*programs_); !attached) {
    return std::unexpected(attached.error());
  }
  netns_.push_back(std::move(netns));
  if (auto followed = follow(*netns_.back()); !followed) return std::unexpected(followed.error());
  if (netns_.back()->behind()) catch_up_later();
  return true;
}

void InterfaceSet::reattach(bpf::PacketPrograms& programs) const {
  for (const auto& netns : netns_) {
    for (const bpf::ReattachedHook& hook : netns->reattach(programs, sys::now().boot)) {
      notices_.report(
          hook.displaced_by.empty()
              ? fmt::format(
                    "{}: somebody took our program away; it is attached again, and up to {} "
                    "were not counted",
                    interface_name(hook.key), format_duration(hook.gap))
              : fmt::format(
                    "{}: the tc filter {} was put before ours; ours is the first again, and "
                    "in up to {} what did not pass it was not counted",
                    interface_name(hook.key), hook.displaced_by, format_duration(hook.gap)));
    }
  }
}

void InterfaceSet::follow_kernel(bpf::PacketPrograms& programs) const {
  if (!programs.conntrack_has_come()) return;
  notices_.report("nf_conntrack was loaded: from now on it is asked which packets NAT translates");
  for (const auto& netns : netns_) {
    if (const auto reloaded = netns->reload(programs); !reloaded) {
      notices_.report(fmt::format("{}; the old ones count on", reloaded.error().what));
    }
  }
}

void InterfaceSet::detach_all(bpf::PacketPrograms& programs) {
  endpoints_.reset();
  for (const auto& netns : netns_) {
    if (poller_) {
      (void)poller_->remove(netns->fd());
    }
    netns->detach_all(programs);
  }
  netns_.clear();
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

std::optional<bool> InterfaceSet::exists(const bpf::InterfaceRecord& record,
                                         const bpf::PacketPrograms& programs) const {
  for (const auto& netns : netns_) {
    if (netns->inode() != record.netns_id.inode) {
      continue;
    }
    const auto has = netns->has(record, programs);
    return has ? std::optional(*has) : std::nullopt;
  }
  return std::nullopt;
}

bpf::LedgerChoice InterfaceSet::choice() const {
  bpf::LedgerChoice choice{.interfaces = choice_.interfaces, .netns = {}};
  const std::vector<std::string> ended = chosen_.ended();
  for (const std::string& text : choice_.netns) {
    choice.netns.push_back({.text = text, .ended = std::ranges::find(ended, text) != ended.end()});
  }
  return choice;
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
