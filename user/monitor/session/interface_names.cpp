// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/interface_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

std::string shown_name(const InterfaceInNetns& interface,
                       std::span<const InterfaceInNetns> counted) {
  const bool ambiguous = std::ranges::any_of(counted, [&](const InterfaceInNetns& other) {
    // Of one name, or of the own netns under two of its names, it is the same netns; one that came
    // back has another inode.
    return other.name == interface.name && other.netns_inode != interface.netns_inode &&
           other.netns != interface.netns;
  });
  return escape_name(ambiguous && !interface.netns.empty()
                         ? fmt::format("{}@{}", interface.name, interface.netns)
                         : interface.name);
}

}  // namespace

void InterfaceNames::add(std::span<const InterfaceInNetns> counted) {
  for (const InterfaceInNetns& interface : counted) {
    const auto known = names_.find(interface.key);
    if (known != names_.end() && known->second.own == interface.name) {
      continue;
    }
    const auto [shown, first] =
        shown_.try_emplace({interface.netns, interface.name}, shown_name(interface, counted));
    names_[interface.key] = {
        .own = interface.name, .shown = shown->second, .netns = interface.netns, .may_go = true};
  }
  if (names_.size() > counted.size() + kMostGone) forget_oldest(counted);
}

// Half of them at once, because the whole table is looked through. Keys rise with time.
void InterfaceNames::forget_oldest(std::span<const InterfaceInNetns> counted) {
  std::set<InterfaceKey> stay;
  for (const InterfaceInNetns& interface : counted) stay.insert(interface.key);
  std::size_t left = names_.size();
  std::erase_if(names_, [&](const auto& item) {
    const bool goes =
        left > counted.size() + kMostGone / 2 && item.second.may_go && !stay.contains(item.first);
    if (goes) --left;
    return goes;
  });
  std::set<std::pair<std::string, std::string>> in_use;
  for (const auto& [key, name] : names_) in_use.emplace(name.netns, name.own);
  std::erase_if(shown_, [&](const auto& item) { return !in_use.contains(item.first); });
}

std::string InterfaceNames::name_of(InterfaceKey key) const {
  const auto found = names_.find(key);
  return found == names_.end() ? fmt::format("#{}", key.value) : found->second.shown;
}

std::vector<InterfaceInNetns> in_netns(std::span<const bpf::InterfaceRecord> records) {
  std::vector<InterfaceInNetns> interfaces;
  interfaces.reserve(records.size());
  for (const bpf::InterfaceRecord& record : records) {
    interfaces.push_back({.key = record.key,
                          .name = record.name,
                          .netns_inode = record.netns_id.inode,
                          .netns = record.netns});
  }
  return interfaces;
}

CountedInterface counted_interface(const bpf::InterfaceRecord& record,
                                   const InterfaceNames& names) {
  return {.key = record.key,
          .name = names.name_of(record.key),
          .netns_id = record.netns_id,
          .netns = record.netns,
          .ifindex = record.ifindex,
          .program_ids = record.program_ids};
}

}  // namespace cgtally::monitor
