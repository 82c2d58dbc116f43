// SPDX-License-Identifier: Apache-2.0
// A counter is its value at the begin and the deltas of all samples since: the sampler has already
// taken folds, retirements and totals that begin again for what they are.
#include "core/serve/series/series_book.h"

#include <algorithm>
#include <utility>

namespace cgtally::serve {
namespace {

// Takes totals of others: in the interface's sum, but nobody's traffic.
bool only_takes_totals(const Sample& sample) {
  return sample.cgroup_id == 0 && (sample.account == reason_name(AccountKind::retired) ||
                                   is_folded_row(sample.cgroup_id, sample.account));
}

std::vector<Sample> busiest_first(std::vector<Sample> samples) {
  std::ranges::stable_sort(samples, std::ranges::greater{},
                           [](const Sample& one) { return one.totals.bytes(); });
  return samples;
}

void fill(Sample& sample, const Account& account,
          const std::function<AccountName(std::uint64_t)>& name_of) {
  if (account.kind == AccountKind::folded) {
    sample.account = folded_name(name_of(account.cgroup_id).path);
    return;
  }
  if (account.kind != AccountKind::cgroup) {
    sample.account = reason_name(account.kind);
    return;
  }
  AccountName name = name_of(account.cgroup_id);
  sample.cgroup_id = account.cgroup_id;
  sample.account = std::move(name.path);
  sample.container = std::move(name.owner.container);
  sample.pod = std::move(name.owner.pod);
  sample.k8s_namespace = std::move(name.owner.k8s_namespace);
  sample.state = name.ended ? SampleState::exited : SampleState::live;
}

}  // namespace

std::vector<Sample> opening_samples(
    const Reading& reading, const std::function<AccountName(std::uint64_t)>& name_of,
    const std::function<std::string(InterfaceKey)>& interface_name_of) {
  std::vector<Sample> samples;
  for (const AccountTotals& one : reading.accounts) {
    if (one.iface == kGoneInterface) continue;
    Sample& sample = samples.emplace_back();
    sample.taken = reading.taken;
    sample.ledger = reading.ledger;
    sample.iface = interface_name_of(one.iface);
    fill(sample, one.account, name_of);
    sample.totals = one.totals;
    sample.delta = one.totals;
  }
  return samples;
}

void SeriesBook::begin(const std::vector<Sample>& opening, const Moment& since) {
  since_ = since;
  ++number_;
  for (const Sample& sample : busiest_first(opening)) {
    if (sample.totals.empty() && sample.cgroup_id != 0) continue;
    add(sample);
    interfaces_[sample.iface].seen = sample.taken.boot;
  }
  if (!opening.empty()) {
    for (auto& [name, entry] : accounts_) end_if_over(entry, opening.front().taken);
  }
  count();
}

void SeriesBook::restore(const SavedBook& saved, const Moment& since) {
  since_ = since;
  ++number_;
  for (const SavedBook::Interface& one : saved.interfaces) {
    interfaces_[one.name] = {.all = one.all, .rest = one.rest, .seen = {}, .changed = number_};
  }
  for (const SavedBook::Account& one : saved.accounts) {
    accounts_[one.name] = {.owner = one.owner,
                           .reason = one.reason,
                           .lives = one.lives,
                           .ended = one.ended,
                           .changed = number_,
                           .interfaces = one.interfaces};
  }
  count();
}

void SeriesBook::begin_again(const Moment& since) {
  since_ = since;
  accounts_.clear();
  interfaces_.clear();
  rest_names_.clear();
  live_ = 0;
}

std::uint64_t SeriesBook::add(const std::vector<Sample>& samples, const Moment& now) {
  ++number_;
  for (const Sample& sample : busiest_first(samples)) {
    if (sample.iface != kGoneName) add(sample);
  }
  for (auto& [name, entry] : accounts_) end_if_over(entry, now);
  count();
  forget(now);
  return number_;
}

void SeriesBook::add(const Sample& sample) {
  Interface& iface =
      interfaces_
          .try_emplace(sample.iface, Interface{.all = {.value = {}, .created = since_.wall},
                                               .rest = {},
                                               .seen = {},
                                               .changed = number_})
          .first->second;
  iface.seen = sample.taken.boot;
  if (!sample.delta.empty()) iface.changed = number_;
  iface.all.value += sample.delta;
  if (!only_takes_totals(sample)) add_to_account(sample);
}

void SeriesBook::add_to_account(const Sample& sample) {
  const bool reason = sample.cgroup_id == 0;
  auto found = accounts_.find(sample.account);
  if (found == accounts_.end() && (reason || has_room())) {
    if (sample.totals.empty() && !reason) return;
    rest_names_.erase(sample.account);
    found = accounts_.try_emplace(sample.account).first;
    found->second.reason = reason;
    if (!reason) ++live_;
  }
  if (found != accounts_.end()) {
    add_to_entry(found->second, sample);
    return;
  }
  if (sample.delta.empty()) return;
  auto& rest = interfaces_.at(sample.iface).rest;
  if (!rest) rest = Counter{.value = {}, .created = since_.wall};
  rest->value += sample.delta;
  if (sample.state == SampleState::exited) {
    rest_names_.erase(sample.account);
  } else {
    rest_names_.insert(sample.account);
  }
}

void SeriesBook::add_to_entry(Entry& entry, const Sample& sample) {
  if (!sample.owner().empty()) entry.owner = sample.owner();
  if (sample.state == SampleState::exited) {
    entry.lives.erase(sample.cgroup_id);
  } else if (!entry.reason) {
    entry.lives.insert(sample.cgroup_id);
    entry.ended.reset();
  }
  const auto [at, fresh] =
      entry.interfaces.try_emplace(sample.iface, Counter{.value = {}, .created = created(sample)});
  at->second.value += fresh ? sample.totals : sample.delta;
  if (!fresh && sample.delta.empty()) return;
  entry.changed = number_;
  if (entry.ended) entry.ended = sample.taken.boot;
}

// An account whose totals are those of this interval was at zero when it began.
Nanoseconds SeriesBook::created(const Sample& sample) const {
  const bool begun_in_it = sample.interval > Nanoseconds::zero() && sample.totals == sample.delta;
  return begun_in_it ? sample.taken.wall - sample.interval : since_.wall;
}

void SeriesBook::end_if_over(Entry& entry, const Moment& now) {
  if (!entry.reason && entry.lives.empty() && !entry.ended) entry.ended = now.boot;
}

void SeriesBook::acknowledge(std::uint64_t page_number) {
  acknowledged_ = std::max(acknowledged_, page_number);
}

void SeriesBook::check_ends(const std::function<bool(std::uint64_t)>& has_ended,
                            const Moment& now) {
  for (auto& [name, entry] : accounts_) {
    std::erase_if(entry.lives, has_ended);
    end_if_over(entry, now);
  }
  count();
}

void SeriesBook::forget(const Moment& now) {
  const auto over = [&](Nanoseconds since, std::uint64_t changed) {
    return now.boot - since >= kKeepEnded && changed <= acknowledged_;
  };
  std::vector<std::pair<Nanoseconds, std::string>> waiting;
  for (auto at = accounts_.begin(); at != accounts_.end();) {
    if (at->second.ended && over(*at->second.ended, at->second.changed)) {
      at = accounts_.erase(at);
      continue;
    }
    if (at->second.ended) waiting.emplace_back(*at->second.ended, at->first);
    ++at;
  }
  // Nobody may ever scrape: then the oldest go unseen.
  if (waiting.size() > top_) {
    std::ranges::sort(waiting);
    waiting.resize(waiting.size() - top_);
    for (const auto& [ended, name] : waiting) accounts_.erase(name);
  }
  std::erase_if(interfaces_, [&](const auto& one) {
    if (!over(one.second.seen, one.second.changed)) return false;
    for (auto& [name, entry] : accounts_) entry.interfaces.erase(one.first);
    return true;
  });
}

void SeriesBook::count() {
  live_ = static_cast<std::size_t>(std::ranges::count_if(
      accounts_, [](const auto& one) { return !one.second.reason && !one.second.ended; }));
}

SeriesPage SeriesBook::page() const {
  SeriesPage page;
  std::map<std::string, Traffic> listed;
  const auto list = [&](const std::string& iface, const std::string& account,
                        const ContainerName& owner, const Counter& counter) {
    page.accounts.push_back(
        {.iface = iface, .account = account, .owner = owner, .counter = counter});
    listed[iface] += counter.value;
  };
  for (const auto& [name, entry] : accounts_) {
    for (const auto& [iface, counter] : entry.interfaces) list(iface, name, entry.owner, counter);
    if (entry.reason) continue;
    ++page.exported;
    if (entry.ended) ++page.ended;
  }
  for (const auto& [name, iface] : interfaces_) {
    if (iface.rest) list(name, std::string(kRestName), {}, *iface.rest);
    page.interfaces.push_back({.iface = name, .all = iface.all, .listed = listed[name]});
  }
  page.rest = rest_names_.size();
  return page;
}

SavedBook SeriesBook::saved() const {
  SavedBook saved;
  for (const auto& [name, iface] : interfaces_) {
    saved.interfaces.push_back({.name = name, .all = iface.all, .rest = iface.rest});
  }
  for (const auto& [name, entry] : accounts_) {
    saved.accounts.push_back({.name = name,
                              .owner = entry.owner,
                              .reason = entry.reason,
                              .ended = entry.ended,
                              .lives = entry.lives,
                              .interfaces = entry.interfaces});
  }
  return saved;
}

}  // namespace cgtally::serve
