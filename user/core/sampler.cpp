// SPDX-License-Identifier: Apache-2.0
// The difference of two readings, account by account. Everything that a sample claims is taken from
// the two totals; what the two cannot tell (a ledger that began again) is said in its state.
#include "core/sampler.h"

namespace cgtally {
namespace {

constexpr Account kKernel{.kind = AccountKind::kernel, .cgroup_id = 0};

std::set<InterfaceKey> counted_interfaces(const Reading& now) {
  if (now.attached) return {now.attached->begin(), now.attached->end()};
  std::set<InterfaceKey> interfaces;
  for (const AccountTotals& account : now.accounts) interfaces.insert(account.iface);
  return interfaces;
}

bool owed_a_row(const std::set<InterfaceKey>& counted, InterfaceKey iface, const Account& account) {
  return account == kKernel && counted.contains(iface);
}

}  // namespace

Sampler::Base Sampler::next_base(const Reading& now) const {
  Base next{.taken = now.taken, .ledger = now.ledger, .totals = {}, .ended = {}};
  for (const AccountTotals& account : now.accounts) {
    next.totals[{account.iface, account.account}] = account.totals;
  }
  if (base_ && base_->ledger == now.ledger) {
    // An account that this reading lacks keeps its base: should it come back, it is not new.
    next.totals.insert(base_->totals.begin(), base_->totals.end());
    next.ended = base_->ended;
  }
  for (const InterfaceKey iface : counted_interfaces(now)) {
    next.totals.try_emplace({iface, kKernel});
  }
  return next;
}

// What an account did between two bases, if that makes a sample.
std::optional<Sample> Sampler::difference(const Base& before, const Base& after, const Key& key,
                                          bool account_ended, bool owed) {
  const bool new_ledger = before.ledger != after.ledger;
  const auto earlier = before.totals.find(key);
  const bool known = !new_ledger && earlier != before.totals.end();

  Sample sample;
  sample.totals = after.totals.at(key);
  const Step change = step(known ? earlier->second : Traffic{}, sample.totals);
  const auto* restarted = std::get_if<Restarted>(&change);
  sample.delta = restarted ? restarted->since_zero : std::get<Advanced>(change).by;

  if (key.second.kind == AccountKind::retired) {
    // A fold is no traffic: what it adds was charged to its account when the packets passed.
    if (sample.delta.empty()) return std::nullopt;
    sample.delta = {};
    sample.state = SampleState::exited;
    return sample;
  }
  const bool last = account_ended && !sample.totals.empty();
  if (sample.delta.empty() && !restarted && !last && !owed) return std::nullopt;
  sample.state = restarted || new_ledger ? SampleState::reset
                 : account_ended         ? SampleState::exited
                                         : SampleState::live;
  return sample;
}

// The base may know an account before it has a row: the reasons of an interface are there from its
// beginning, at zero.
bool Sampler::has_rows(const Key& key) const {
  const auto found = base_->totals.find(key);
  return found != base_->totals.end() && (key.second == kKernel || !found->second.empty());
}

// A reader of rows knows an interface by its name alone: under one name, totals that begin again
// must say so, though for us it is another interface.
bool Sampler::began_again(const Key& key, const InterfaceNameOf& interface_name_of) const {
  if (has_rows(key)) return false;
  const std::string name = interface_name_of(key.first);
  for (auto at = base_->totals.begin(); at != base_->totals.end();) {
    const InterfaceKey other = at->first.first;
    if (interface_name_of(other) == name && has_rows({other, key.second})) return true;
    at = base_->totals.lower_bound({InterfaceKey{other.value + 1}, Account{}});
  }
  return false;
}

std::vector<Sample> Sampler::take(const Reading& now, const NameOf& name_of,
                                  const InterfaceNameOf& interface_name_of) {
  Base next = next_base(now);
  const auto counted = counted_interfaces(now);
  std::vector<Sample> samples;
  for (const auto& [key, totals] : next.totals) {
    const auto& [iface, account] = key;
    const bool cgroup = account.kind == AccountKind::cgroup;
    // Its last sample has been given. Thousands of those may lie in a ledger: no name is asked for.
    if (next.ended.contains(key) && base_->totals.at(key) == totals) continue;
    const AccountName name =
        cgroup ? name_of(account.cgroup_id)
               : AccountName{.path = std::string(reason_name(account.kind)), .ended = false};
    if (!base_) {
      if (name.ended) next.ended.insert(key);
      continue;
    }
    auto sample = difference(*base_, next, key, name.ended, owed_a_row(counted, iface, account));
    if (!sample) continue;
    if (sample->state == SampleState::live && began_again(key, interface_name_of)) {
      sample->state = SampleState::reset;
    }
    // A reset hides the end, which then gets its own sample the next time.
    if (cgroup && sample->state == SampleState::exited) next.ended.insert(key);
    sample->taken = now.taken;
    sample->interval = now.taken.boot - base_->taken.boot;
    sample->host = host_;
    sample->ledger = now.ledger;
    sample->iface = interface_name_of(iface);
    sample->cgroup_id = account.cgroup_id;
    sample->account = name.path;
    samples.push_back(*std::move(sample));
  }
  (base_ ? pending_ : base_) = std::move(next);
  return samples;
}

void Sampler::commit() {
  if (pending_) base_ = std::move(pending_);
  pending_.reset();
}

}  // namespace cgtally
