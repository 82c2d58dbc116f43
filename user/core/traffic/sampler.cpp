// SPDX-License-Identifier: Apache-2.0
// The difference of two readings, account by account. A sample claims only what the two totals and
// the final totals between them prove; its state says where totals began again.
#include "core/traffic/sampler.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

namespace cgtally {
namespace {

constexpr Account kKernel{.kind = AccountKind::kernel, .cgroup_id = 0};
// After each account of an interface, whatever kinds there are.
constexpr Account kLastAccount{.kind = static_cast<AccountKind>(0xff),
                               .cgroup_id = std::numeric_limits<std::uint64_t>::max()};

std::set<InterfaceKey> counted_interfaces(const Reading& now) {
  if (now.attached) return {now.attached->begin(), now.attached->end()};
  std::set<InterfaceKey> interfaces;
  for (const AccountTotals& account : now.accounts) interfaces.insert(account.iface);
  interfaces.erase(kGoneInterface);
  return interfaces;
}

}  // namespace

class Sampler::Interval {
 public:
  Interval(const Sampler& sampler, const Reading& now, const NameOf& name_of,
           const InterfaceNameOf& interface_name_of)
      : sampler_(sampler),
        base_(*sampler.base_),
        now_(now),
        name_of_(name_of),
        interface_name_of_(interface_name_of),
        new_ledger_(base_.ledger != now.ledger),
        counted_(counted_interfaces(now)) {
    for (const FinalTotals& last : sampler.final_totals_) end_life(last);
    pending_.base = next_base();
    for (const auto& [key, totals] : pending_.base.totals) continue_life(key, totals);
  }

  std::vector<Sample> samples() {
    // An account's last row comes before the first of its next life.
    std::ranges::stable_sort(rows_, {}, &std::pair<Key, Sample>::first);
    std::vector<Sample> samples;
    samples.reserve(rows_.size());
    for (auto& [key, sample] : rows_) samples.push_back(std::move(sample));
    return samples;
  }
  Pending pending() { return std::move(pending_); }

 private:
  // The time between two retirements of an account: each life begins at zero.
  struct Life {
    Traffic base;
    Traffic carried;     // totals of the life before that are in no row yet
    bool again = false;  // there was a life before, and it had rows
  };

  [[nodiscard]] std::string interface_name(InterfaceKey key) const {
    return key == kGoneInterface ? std::string(kGoneName) : interface_name_of_(key);
  }
  [[nodiscard]] RowKey row_key(const Key& key) const {
    return {interface_name(key.first), key.second};
  }
  [[nodiscard]] AccountName name(const Account& account) const {
    if (account.kind == AccountKind::cgroup) return name_of_(account.cgroup_id);
    if (account.kind == AccountKind::folded) {
      return {.path = folded_name(name_of_(account.cgroup_id).path), .ended = false};
    }
    return {.path = std::string(reason_name(account.kind)), .ended = false};
  }
  [[nodiscard]] Life first_life(const Key& key) const {
    const auto known = base_.totals.find(key);
    return {.base = new_ledger_ || known == base_.totals.end() ? Traffic{} : known->second,
            .carried = {}};
  }

  [[nodiscard]] bool has_rows(const Key& key) const;
  [[nodiscard]] bool same_name_has_rows(const Key& key) const;
  void end_life(const FinalTotals& last);
  Base next_base();
  void continue_life(const Key& key, const Traffic& totals);
  void add(const Key& key, SampleState state, const Traffic& totals, const Traffic& delta);

  const Sampler& sampler_;
  const Base& base_;
  const Reading& now_;
  const NameOf& name_of_;
  const InterfaceNameOf& interface_name_of_;
  bool new_ledger_;
  std::set<InterfaceKey> counted_;
  std::map<Key, Life> lives_;  // of accounts that were retired since the base
  Pending pending_;
  std::vector<std::pair<Key, Sample>> rows_;
};

// The base may have an account without a row: the reasons of an interface are there from its
// beginning, at zero.
bool Sampler::Interval::has_rows(const Key& key) const {
  const auto found = base_.totals.find(key);
  return found != base_.totals.end() && (key.second == kKernel || !found->second.empty());
}

// Rows name an interface, but have no key. So if an interface has the name of another one that had
// rows, its totals must be marked as having begun again.
bool Sampler::Interval::same_name_has_rows(const Key& key) const {
  const std::string name = interface_name(key.first);
  for (auto at = base_.totals.begin(); at != base_.totals.end();) {
    const InterfaceKey other = at->first.first;
    if (other != key.first && has_rows({other, key.second}) && interface_name(other) == name) {
      return true;
    }
    at = base_.totals.upper_bound({other, kLastAccount});
  }
  return false;
}

void Sampler::Interval::end_life(const FinalTotals& last) {
  const Key key{last.iface, last.account};
  Life& life = lives_.try_emplace(key, first_life(key)).first->second;
  Traffic reached = life.carried;
  reached += last.totals;
  const Step change = step(life.base, reached);
  const auto* advanced = std::get_if<Advanced>(&change);
  if (!advanced) {
    // The base is the sum of this life and a part of the next one: only both lives together exceed
    // it.
    life = {.base = life.base, .carried = reached, .again = true};
    return;
  }
  const Traffic delta = advanced->by;
  const bool again =
      new_ledger_ || life.again || (!has_rows(key) && sampler_.retired_.contains(row_key(key)));
  if (takes_totals(key.second.kind)) {
    if (!delta.empty()) add(key, SampleState::exited, last.totals, {});
  } else if (again) {
    if (!delta.empty()) add(key, SampleState::reset, last.totals, delta);
  } else if (last.folded) {
    // It is idle, not at its end: what it sent last may have no row yet.
    if (!delta.empty()) add(key, SampleState::live, last.totals, delta);
  } else if (!delta.empty() || (key.second.kind == AccountKind::cgroup && !reached.empty() &&
                                !base_.ended.contains(key))) {
    add(key, SampleState::exited, last.totals, delta);
  }
  const bool had_rows = again || !reached.empty() || key.second == kKernel;
  if (had_rows && !takes_totals(key.second.kind)) {
    pending_.retired.emplace_back(row_key(key), true);
  }
  life = {.base = {}, .carried = {}, .again = had_rows};
}

Sampler::Base Sampler::Interval::next_base() {
  Base next{.taken = now_.taken, .ledger = now_.ledger, .totals = {}, .ended = {}};
  for (const AccountTotals& account : now_.accounts) {
    const Key key{account.iface, account.account};
    const auto later = lives_.find(key);
    const Life life = later == lives_.end() ? first_life(key) : later->second;
    next.totals[key] = with_data_rising(life.base, account.totals);
  }
  if (!new_ledger_) {
    for (const auto& [key, totals] : base_.totals) {
      if (lives_.contains(key) || next.totals.contains(key)) continue;
      if (sampler_.final_totals_lost_) {
        if (has_rows(key)) pending_.retired.emplace_back(row_key(key), true);
      } else {
        // An account that is missing in this reading keeps its base, in case it comes back.
        next.totals.emplace(key, totals);
      }
    }
    std::ranges::copy_if(
        base_.ended, std::inserter(next.ended, next.ended.end()),
        [&](const Key& key) { return next.totals.contains(key) && !lives_.contains(key); });
  }
  for (const InterfaceKey iface : counted_) next.totals.try_emplace({iface, kKernel});
  return next;
}

// The sample of an account that is in the reading, if there is one to give.
void Sampler::Interval::continue_life(const Key& key, const Traffic& totals) {
  const Account& account = key.second;
  const bool cgroup = account.kind == AccountKind::cgroup;
  // Its last sample was given. A ledger may hold thousands of these: names are not looked up.
  if (pending_.base.ended.contains(key) && base_.totals.at(key) == totals) return;
  const auto later = lives_.find(key);
  const Life life = later == lives_.end() ? first_life(key) : later->second;
  Traffic reached = life.carried;
  reached += totals;
  const Step change = step(life.base, reached);
  const auto* restarted = std::get_if<Restarted>(&change);
  const Traffic delta = restarted ? restarted->since_zero : std::get<Advanced>(change).by;

  if (takes_totals(account.kind)) {
    // Retiring and folding are no traffic: the bytes were in the account's own rows.
    if (!delta.empty()) add(key, SampleState::exited, totals, {});
    return;
  }
  const bool ended = name(account).ended;
  if (!ended) pending_.base.ended.erase(key);  // another cgroup goes on with its group's name
  const bool owed = account == kKernel && counted_.contains(key.first);
  const bool began_again = restarted || !life.carried.empty();
  if (delta.empty() && !began_again && !owed && !(ended && !totals.empty())) return;
  auto state = ended ? SampleState::exited : SampleState::live;
  const bool first = !has_rows(key) || later != lives_.end();
  const bool was_retired = life.again || (first && sampler_.retired_.contains(row_key(key)));
  if (restarted || new_ledger_ || was_retired ||
      (state == SampleState::live && first && same_name_has_rows(key))) {
    state = SampleState::reset;
  }
  if (was_retired) pending_.retired.emplace_back(row_key(key), false);
  // A reset hides the end, which then gets its own sample the next time.
  if (cgroup && state == SampleState::exited) pending_.base.ended.insert(key);
  add(key, state, totals, delta);
}

void Sampler::Interval::add(const Key& key, SampleState state, const Traffic& totals,
                            const Traffic& delta) {
  Sample sample;
  sample.taken = now_.taken;
  sample.interval = now_.taken.boot - base_.taken.boot;
  sample.host = sampler_.host_;
  sample.ledger = now_.ledger;
  sample.iface = interface_name(key.first);
  sample.cgroup_id = key.second.kind == AccountKind::cgroup ? key.second.cgroup_id : 0;
  AccountName named = name(key.second);
  sample.account = std::move(named.path);
  sample.container = std::move(named.owner.container);
  sample.pod = std::move(named.owner.pod);
  sample.k8s_namespace = std::move(named.owner.k8s_namespace);
  sample.state = state;
  sample.totals = totals;
  sample.delta = delta;
  rows_.emplace_back(key, std::move(sample));
}

// Final totals are remembered until their samples are kept. Memory is bounded: the oldest are
// dropped.
void Sampler::remember_final_totals(const Reading& now) {
  if (final_totals_ledger_ != now.ledger) {
    final_totals_.clear();
    final_totals_lost_ = false;
    final_totals_ledger_ = now.ledger;
  }
  final_totals_.insert(final_totals_.end(), now.final_totals.begin(), now.final_totals.end());
  final_totals_lost_ |= now.lost_final_totals != 0;
  if (final_totals_.size() > most_remembered_) {
    const auto excess = static_cast<std::ptrdiff_t>(final_totals_.size() - most_remembered_);
    final_totals_.erase(final_totals_.begin(), final_totals_.begin() + excess);
    final_totals_lost_ = true;
  }
}

Sampler::Base Sampler::first_base(const Reading& now, const NameOf& name_of) {
  Base base{.taken = now.taken, .ledger = now.ledger, .totals = {}, .ended = {}};
  for (const AccountTotals& account : now.accounts) {
    const Key key{account.iface, account.account};
    base.totals[key] = account.totals;
    if (account.account.kind == AccountKind::cgroup && name_of(account.account.cgroup_id).ended) {
      base.ended.insert(key);
    }
  }
  for (const InterfaceKey iface : counted_interfaces(now)) {
    base.totals.try_emplace({iface, kKernel});
  }
  return base;
}

std::vector<Sample> Sampler::process(const Reading& now, const NameOf& name_of,
                                     const InterfaceNameOf& interface_name_of) {
  if (!base_) {
    base_ = first_base(now, name_of);
    return {};
  }
  remember_final_totals(now);
  Interval interval(*this, now, name_of, interface_name_of);
  pending_ = interval.pending();
  return interval.samples();
}

void Sampler::commit() {
  if (!pending_) return;
  base_ = std::move(pending_->base);
  for (const auto& [key, retired] : pending_->retired) {
    retired ? retired_.insert(key) : retired_.erase(key);
  }
  pending_.reset();
  final_totals_.clear();
  final_totals_lost_ = false;
}

std::size_t Sampler::remembered() const {
  const std::size_t base = base_ ? base_->totals.size() + base_->ended.size() : 0;
  return base + retired_.size() + final_totals_.size();
}

}  // namespace cgtally
