// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/uplink_census.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "adapters/netlink/links.h"
#include "adapters/netns/census.h"
#include "adapters/netns/netns.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostSearched = 1024;
constexpr const char* kOwnNetns = "/proc/self/ns/net";

Result<std::vector<Interface>> links_in(const netns::NetnsEntry& entry,
                                        const std::string& host_root) {
  const auto netns =
      entry.label.empty() ? netns::Netns::current() : netns::Netns::open(entry.label, host_root);
  if (!netns) return std::unexpected(netns.error());
  const auto entered = netns::Entered::enter(*netns);
  if (!entered) return std::unexpected(entered.error());
  return netlink::list_links();
}

std::string joined_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", printable(name));
  }
  return shorten(text, 60);
}

}  // namespace

UplinkCensus find_uplinks(const std::string& host_root,
                          const std::function<bool(const Interface&)>& is_uplink) {
  const netns::Census namespaces = netns::list_netns(host_root, kMostSearched);
  UplinkCensus census{.found = {}, .not_entered = {}, .all = namespaces.all};
  for (const netns::NetnsEntry& entry : namespaces.namespaces) {
    const auto links = links_in(entry, host_root);
    if (!links) {
      // It may have ended meanwhile.
      if (links.error().code != ENOENT) census.not_entered.push_back(entry.label);
      continue;
    }
    NetnsUplinks here{.netns = entry.label, .names = {}};
    for (const Interface& link : *links) {
      if (is_uplink(link)) here.names.push_back(link.name);
    }
    if (!here.names.empty()) census.found.push_back(std::move(here));
  }
  return census;
}

InterfaceChoice charging_all(InterfaceChoice choice, const UplinkCensus& census) {
  if (!choice.netns.empty()) return choice;
  const bool elsewhere =
      std::ranges::any_of(census.found, [](const NetnsUplinks& one) { return !one.netns.empty(); });
  const bool own =
      std::ranges::any_of(census.found, [](const NetnsUplinks& one) { return one.netns.empty(); });
  const bool named = !choice.interfaces.empty();
  for (const NetnsUplinks& one : census.found) {
    for (const std::string& name : one.names) {
      if (named && std::ranges::find(choice.interfaces, name) == choice.interfaces.end()) {
        choice.interfaces.push_back(name);
      }
    }
    if (!one.netns.empty()) choice.netns.push_back(one.netns);
  }
  // Where the own netns has no uplink, its interfaces are counted only if they were named.
  if (elsewhere && (own || named)) choice.netns.insert(choice.netns.begin(), kOwnNetns);
  return choice;
}

std::vector<std::string> census_notes(const UplinkCensus& census) {
  std::vector<std::string> notes;
  for (const NetnsUplinks& one : census.found) {
    if (one.netns.empty()) continue;
    notes.push_back(
        fmt::format("{} in netns {} is an uplink of this instance, too: charged as well",
                    joined_names(one.names), printable(one.netns)));
  }
  if (!census.not_entered.empty()) {
    notes.push_back(fmt::format("netns {} cannot be entered: an uplink there is not charged",
                                joined_names(census.not_entered)));
  }
  if (!census.all) {
    notes.push_back(fmt::format(
        "more than {} network namespaces: an uplink in the others is not charged", kMostSearched));
  }
  return notes;
}

}  // namespace cgtally::monitor
