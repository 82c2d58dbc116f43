// SPDX-License-Identifier: Apache-2.0
#include "core/screen/account_book.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cgtally::screen {
namespace {

constexpr std::size_t kMostKept = 16'384;  // groups without a member
constexpr std::size_t kMostGone = 8'192;   // accounts that have ended and are not shown
constexpr std::array kGroupings{Grouping::container, Grouping::pod, Grouping::k8s_namespace,
                                Grouping::unit};

}  // namespace

void AccountBook::recall(const std::string& account, const ContainerName& owner,
                         const std::string& iface, const Traffic& totals) {
  for (const Grouping by : kGroupings) {
    if (!group_of(by, account, owner)) continue;
    keep(by, account, owner, iface, totals);
    recalled_[by][iface] += totals;
  }
}

void AccountBook::add(const std::vector<Sample>& samples, const Moment& now) {
  now_ = now;
  ++ticks_;
  for (auto& [account, entry] : entries_) {
    for (auto& [iface, part] : entry.interfaces) part.moved = {};
  }
  for (const Sample& sample : samples) add_sample(sample);
  for (auto& [account, entry] : entries_) {
    for (auto& [iface, part] : entry.interfaces) {
      part.history.add(part.moved, entry.interval, now.boot);
    }
  }
  forget_oldest();
}

void AccountBook::add_sample(const Sample& sample) {
  interfaces_.insert(sample.iface);
  // What it holds is in the entries of the accounts that were folded into it.
  if (is_folded_row(sample.cgroup_id, sample.account)) return;
  const auto [found, fresh] = entries_.try_emplace(sample.account);
  BookEntry& entry = found->second;
  if (fresh) {
    entry.account = sample.account;
    entry.reason = sample.cgroup_id == 0;
    entry.first_seen = sample.taken.wall;
    entry.from_the_start = ticks_ <= 2;
  }
  entry.label = sample.label();  // a name may come later than the first sample
  entry.owner = sample.owner();
  entry.interval = sample.interval;
  entry.last_sample = sample.taken.boot;
  const auto [part, first] = entry.interfaces.try_emplace(sample.iface);
  part->second.moved += sample.delta;
  // The first sample brings what was counted before the book began; the later ones add differences,
  // so that a total never falls when an interface is made again.
  part->second.totals += first ? sample.totals : sample.delta;
  if (sample.state != SampleState::exited) {
    entry.ended.reset();
  } else if (!entry.reason && !entry.ended) {
    entry.ended = sample.taken.boot;
    entry.ended_wall = sample.taken.wall;
  }
}

void AccountBook::forget_oldest() {
  std::vector<std::pair<Nanoseconds, std::string>> gone;
  for (const auto& [account, entry] : entries_) {
    if (!is_current(entry)) gone.emplace_back(entry.last_sample, account);
  }
  if (gone.size() <= kMostGone) return;
  std::ranges::sort(gone);
  gone.resize(gone.size() / 2);
  for (const auto& [last, account] : gone) {
    const BookEntry& entry = entries_.at(account);
    for (const Grouping by : kGroupings) {
      if (!group_of(by, account, entry.owner)) continue;
      for (const auto& [iface, part] : entry.interfaces) {
        keep(by, account, entry.owner, iface, part.totals);
      }
    }
    entries_.erase(account);
  }
}

void AccountBook::keep(Grouping by, const std::string& account, const ContainerName& owner,
                       const std::string& iface, const Traffic& totals) {
  const auto group = group_of(by, account, owner);
  auto& groups = kept_[by];
  KeptGroup& kept = groups[group->account];
  kept.owner = group->owner;
  kept.totals[iface] += totals;
  kept.touched = ticks_;
  if (groups.size() <= kMostKept) return;
  groups.erase(
      std::ranges::min_element(groups, {}, [](const auto& item) { return item.second.touched; }));
}

void AccountBook::set_connections(const std::map<std::string, TcpSummary>& by_account,
                                  bool complete) {
  knows_connections_ = true;
  for (auto& [account, entry] : entries_) {
    if (entry.reason || entry.ended) {
      entry.connections.reset();
      entry.queue_delay.reset();
      continue;
    }
    if (const auto found = by_account.find(account); found != by_account.end()) {
      entry.connections = found->second.connections;
      entry.queue_delay = found->second.queue_delay_p99;
    } else {
      entry.connections = complete ? std::optional<std::uint64_t>(0) : std::nullopt;
      entry.queue_delay.reset();
    }
  }
}

const std::map<std::string, KeptGroup>& AccountBook::kept(Grouping by) const {
  static const std::map<std::string, KeptGroup> kNone;
  const auto found = kept_.find(by);
  return found == kept_.end() ? kNone : found->second;
}

const std::map<std::string, Traffic>& AccountBook::recalled(Grouping by) const {
  static const std::map<std::string, Traffic> kNone;
  const auto found = recalled_.find(by);
  return found == recalled_.end() ? kNone : found->second;
}

}  // namespace cgtally::screen
