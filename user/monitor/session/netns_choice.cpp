// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/netns_choice.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "adapters/netns/census.h"
#include "adapters/netns/netns.h"
#include "adapters/sys/clock.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kSearchEvery = 1s;
constexpr int kSearchRestFactor = 50;  // times its CPU time: 2 % of a CPU
constexpr std::size_t kMostCounted = 1024;

}  // namespace

NetnsChoice::NetnsChoice(std::string host_root, Notices& notices)
    : host_root_(std::move(host_root)), notices_(&notices), census_pace_(kSearchEvery) {}

Result<NetnsChoice> NetnsChoice::open(const InterfaceChoice& choice, Notices& notices) {
  NetnsChoice opened(choice.host_root, notices);
  if (choice.netns.empty()) {
    const auto own = netns::Netns::current();
    if (!own) return std::unexpected(own.error());
    opened.current_.push_back({.inode = own->inode(), .label = {}});
    return opened;
  }
  for (const std::string& text : choice.netns) {
    if (auto added = opened.add(text); !added) return std::unexpected(added.error());
  }
  opened.update(sys::now().boot);
  return opened;
}

Result<void> NetnsChoice::add(const std::string& text) {
  Chosen one{.text = text, .inode = {}};
  if (!netns::means_several(text)) {
    const auto found = netns::find_one(text, host_root_);
    if (!found) return std::unexpected(found.error());
    if (netns::means_process(text, host_root_)) one.inode = found->inode;
  }
  chosen_.push_back(std::move(one));
  return {};
}

bool NetnsChoice::contains(std::uint64_t inode) const {
  return std::ranges::find(current_, inode, &netns::SelectedNetns::inode) != current_.end();
}

bool NetnsChoice::may_grow() const {
  return std::ranges::any_of(chosen_,
                             [](const Chosen& one) { return netns::means_several(one.text); });
}

bool NetnsChoice::awaits(const std::string& label) const {
  return !netns::means_process(label, host_root_) &&
         std::ranges::any_of(chosen_, [&label](const Chosen& one) {
           return !one.inode && netns::means_label(one.text, label);
         });
}

std::vector<std::string> NetnsChoice::ended() const {
  std::vector<std::string> ended;
  for (const Chosen& one : chosen_) {
    if (one.ended) {
      ended.push_back(one.text);
    }
  }
  return ended;
}

void NetnsChoice::add_found(netns::SelectedNetns found) {
  if (!contains(found.inode)) {
    current_.push_back(std::move(found));
  }
}

void NetnsChoice::find_process(Chosen& process) {
  if (process.ended) return;
  auto found = netns::find_one(process.text, host_root_);
  process.ended = !found || found->inode != *process.inode;
  if (!process.ended) {
    add_found(std::move(*found));
  }
}

void NetnsChoice::update(Nanoseconds now) {
  if (!may_change()) return;
  current_.clear();
  for (Chosen& one : chosen_) {
    if (one.inode) {
      find_process(one);
    } else if (one.text == netns::kAllNetns) {
      take_census(now);
    } else if (netns::means_several(one.text)) {
      for (netns::SelectedNetns& found : netns::find_by_glob(one.text, host_root_)) {
        add_found(std::move(found));
      }
    } else if (auto found = netns::find_one(one.text, host_root_)) {
      add_found(std::move(*found));
    }
  }
}

// Names are cheap to look for; to find those without one, each process is looked at.
void NetnsChoice::take_census(Nanoseconds now) {
  if (census_pace_.due(now)) {
    const Nanoseconds begin = sys::thread_cpu_time();
    const netns::Census census = netns::list_netns(host_root_, kMostCounted);
    const Nanoseconds cost = sys::thread_cpu_time() - begin;
    census_pace_.rest_until(now + kSearchRestFactor * cost);
    census_.clear();
    for (const netns::NetnsEntry& one : census.namespaces) {
      census_.push_back({.inode = one.inode, .label = one.label});
    }
    // Some hosts hide a process or two from root: no reason for a notice.
    if (!census.all && !std::exchange(reported_limit_, true)) {
      notices_->report(
          fmt::format("--netns all: more than {} network namespaces; the others are not counted",
                      kMostCounted));
    }
  }
  std::vector<netns::SelectedNetns> named = netns::find_by_glob("*", host_root_);
  for (const netns::SelectedNetns& one : census_) {
    const bool process = one.label.empty() || netns::means_process(one.label, host_root_);
    if (process) {
      add_found(one);
    }
  }
  for (netns::SelectedNetns& one : named) {
    add_found(std::move(one));
  }
}

}  // namespace cgtally::monitor
