// SPDX-License-Identifier: Apache-2.0
// The difference of two readings, account by account. A sample claims only what the two totals and
// the final totals between them prove; its state says where totals began again.
#include "core/traffic/sampler.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <set>

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

const Sampler::BaseAccount* Sampler::Base::find(const Key& key) const {
  const auto found = std::ranges::lower_bound(accounts, key, {}, &BaseAccount::key);
  return found == accounts.end() || found->key != key ? nullptr : &*found;
}

// The reasons of an interface are there from its beginning, so this seldom adds one.
void Sampler::Base::add_kernel_accounts(const std::set<InterfaceKey>& counted) {
  for (const InterfaceKey iface : counted) {
    const Key key{iface, kKernel};
    const auto at = std::ranges::lower_bound(accounts, key, {}, &BaseAccount::key);
    const bool there = at != accounts.end() && at->key == key;
    (there ? at : accounts.insert(at, {.key = key, .totals = {}}))->has_row = true;
  }
}

Sampler::Base Sampler::base_at(const Reading& now) {
  Base base{.taken = now.taken, .ledger = now.ledger, .accounts = {}};
  base.accounts.reserve(now.accounts.size());
  for (const AccountTotals& one : now.accounts) {
    base.accounts.push_back({.key = {one.iface, one.account}, .totals = one.totals});
  }
  if (!std::ranges::is_sorted(base.accounts, {}, &BaseAccount::key)) {
    std::ranges::sort(base.accounts, {}, &BaseAccount::key);
  }
  return base;
}

// Both bases are in the order of their keys, so that one walk through them finds what belongs
// together.
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
    pending_.base = base_at(now);
    samples_.reserve(now.accounts.size());
    keys_.reserve(now.accounts.size());
    if (!new_ledger_) keep_missing();
    pending_.base.add_kernel_accounts(counted_);
    auto before = base_.accounts.begin();
    for (BaseAccount& account : pending_.base.accounts) {
      while (before != base_.accounts.end() && before->key < account.key) ++before;
      const bool known = before != base_.accounts.end() && before->key == account.key;
      continue_life(account, known ? &*before : nullptr);
    }
  }

  std::vector<Sample> samples() {
    if (std::ranges::is_sorted(keys_)) return std::move(samples_);
    // An account's last row comes before the first of its next life.
    std::vector<std::size_t> order(keys_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [this](std::size_t at) { return keys_[at]; });
    std::vector<Sample> sorted;
    sorted.reserve(order.size());
    for (const std::size_t at : order) sorted.push_back(std::move(samples_[at]));
    return sorted;
  }
  Pending pending() { return std::move(pending_); }

 private:
  // The time between two retirements of an account: each life begins at zero.
  struct Life {
    Traffic base;
    Traffic carried;     // totals of the life before that are in no row yet
    bool again = false;  // there was a life before, and it had rows
  };

  [[nodiscard]] std::string ask_interface_name(InterfaceKey key) const {
    return key == kGoneInterface ? std::string(kGoneName) : interface_name_of_(key);
  }
  // Asked once for all accounts of an interface, which come one after the other.
  [[nodiscard]] const std::string& interface_name(InterfaceKey key) {
    if (!interface_ || interface_->first != key) interface_.emplace(key, ask_interface_name(key));
    return interface_->second;
  }
  [[nodiscard]] RowKey row_key(const Key& key) { return {interface_name(key.first), key.second}; }
  [[nodiscard]] AccountName name(const Account& account) const {
    if (account.kind == AccountKind::cgroup) return name_of_(account.cgroup_id);
    if (account.kind == AccountKind::folded) {
      return {.path = folded_name(name_of_(account.cgroup_id).path), .ended = false};
    }
    return {.path = std::string(reason_name(account.kind)), .ended = false};
  }
  [[nodiscard]] Life first_life(const BaseAccount* before) const {
    return {.base = new_ledger_ || !before ? Traffic{} : before->totals, .carried = {}};
  }

  [[nodiscard]] static bool has_rows(const BaseAccount* before);
  [[nodiscard]] const std::vector<InterfaceKey>& interfaces_of_name(InterfaceKey key);
  [[nodiscard]] bool same_name_has_rows(const Key& key);
  [[nodiscard]] bool is_taken_over(const Key& key);
  void end_life(const FinalTotals& last);
  void keep_missing();
  void continue_life(BaseAccount& account, const BaseAccount* before);
  void take_totals(const Key& key, const Traffic& totals, const Traffic& delta, bool again);
  void add(const Key& key, AccountName name, SampleState state, const Traffic& totals,
           const Traffic& delta);

  const Sampler& sampler_;
  const Base& base_;
  const Reading& now_;
  const NameOf& name_of_;
  const InterfaceNameOf& interface_name_of_;
  bool new_ledger_;
  std::set<InterfaceKey> counted_;
  std::optional<std::pair<InterfaceKey, std::string>> interface_;  // the last that was named
  std::map<std::string, std::vector<InterfaceKey>> by_name_;       // empty: not asked for yet
  std::map<Key, Life> lives_;  // of accounts that were retired since the base
  Pending pending_;
  std::vector<Sample> samples_;
  std::vector<Key> keys_;  // of the samples
};

// The base may have an account without a row: the reasons of an interface are there from its
// beginning, at zero, and even before it is counted.
bool Sampler::Interval::has_rows(const BaseAccount* before) {
  return before && (before->has_row || !before->totals.empty());
}

// Of those in the base, all that have the name of this one.
const std::vector<InterfaceKey>& Sampler::Interval::interfaces_of_name(InterfaceKey key) {
  if (by_name_.empty()) {
    for (auto at = base_.accounts.begin(); at != base_.accounts.end();) {
      const InterfaceKey iface = at->key.first;
      by_name_[ask_interface_name(iface)].push_back(iface);
      at = std::ranges::upper_bound(at, base_.accounts.end(), Key{iface, kLastAccount}, {},
                                    &BaseAccount::key);
    }
  }
  return by_name_[ask_interface_name(key)];
}

// Rows name an interface, but have no key. So if an interface has the name of another one that had
// rows, its totals must be marked as having begun again.
bool Sampler::Interval::same_name_has_rows(const Key& key) {
  return std::ranges::any_of(interfaces_of_name(key.first), [&](InterfaceKey other) {
    return other != key.first && has_rows(base_.find({other, key.second}));
  });
}

// An interface that came later, as keys only rise, has the name and rows of this account. What
// becomes of the older totals is told in (gone): between the rows of the later one they would look
// like its own.
bool Sampler::Interval::is_taken_over(const Key& key) {
  return std::ranges::any_of(interfaces_of_name(key.first), [&](InterfaceKey other) {
    return key.first < other && has_rows(base_.find({other, key.second}));
  });
}

void Sampler::Interval::end_life(const FinalTotals& last) {
  const Key key{last.iface, last.account};
  const BaseAccount* before = base_.find(key);
  Life& life = lives_.try_emplace(key, first_life(before)).first->second;
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
      new_ledger_ || life.again || (!has_rows(before) && sampler_.retired_.contains(row_key(key)));
  if (takes_totals(key.second.kind)) {
    take_totals(key, last.totals, delta, again);
  } else if (delta.empty() && is_taken_over(key)) {
    // The row that says reset has told it.
  } else if (again) {
    if (!delta.empty()) add(key, name(key.second), SampleState::reset, last.totals, delta);
  } else if (last.folded) {
    // It is idle, not at its end: what it sent last may have no row yet.
    if (!delta.empty()) add(key, name(key.second), SampleState::live, last.totals, delta);
  } else if (!delta.empty() || (key.second.kind == AccountKind::cgroup && !reached.empty() &&
                                !(before && before->ended))) {
    add(key, name(key.second), SampleState::exited, last.totals, delta);
  }
  const bool had_rows = again || !reached.empty() || key.second == kKernel;
  if (had_rows) pending_.retired.emplace_back(row_key(key), true);
  life = {.base = {}, .carried = {}, .again = had_rows};
}

// An account that is missing in this reading keeps its base, in case it comes back.
void Sampler::Interval::keep_missing() {
  std::vector<BaseAccount>& accounts = pending_.base.accounts;
  std::vector<BaseAccount> missing;
  auto at = accounts.begin();
  for (const BaseAccount& before : base_.accounts) {
    while (at != accounts.end() && at->key < before.key) ++at;
    const bool is_there = at != accounts.end() && at->key == before.key;
    if (is_there || lives_.contains(before.key)) continue;
    if (!sampler_.final_totals_lost_) {
      missing.push_back(before);
    } else if (has_rows(&before)) {
      pending_.retired.emplace_back(row_key(before.key), true);
    }
  }
  const auto there = static_cast<std::ptrdiff_t>(accounts.size());
  accounts.insert(accounts.end(), missing.begin(), missing.end());
  std::ranges::inplace_merge(accounts, accounts.begin() + there, {}, &BaseAccount::key);
}

// Retiring and folding are no traffic: the bytes were in the account's own rows.
void Sampler::Interval::take_totals(const Key& key, const Traffic& totals, const Traffic& delta,
                                    bool again) {
  if (delta.empty() || is_taken_over(key)) return;
  add(key, name(key.second), again ? SampleState::reset : SampleState::exited, totals, {});
  if (again) pending_.retired.emplace_back(row_key(key), false);
}

// The sample of an account that is in the reading, if there is one to give.
void Sampler::Interval::continue_life(BaseAccount& account, const BaseAccount* before) {
  const Key& key = account.key;
  const auto later = lives_.find(key);
  const Life life = later == lives_.end() ? first_life(before) : later->second;
  account.totals = with_data_rising(life.base, account.totals);
  account.ended = !new_ledger_ && later == lives_.end() && before && before->ended;
  // Its last sample was given. A ledger may hold thousands of these: names are not looked up.
  if (account.ended && before->totals == account.totals) return;
  Traffic reached = life.carried;
  reached += account.totals;
  const Step change = step(life.base, reached);
  const auto* restarted = std::get_if<Restarted>(&change);
  const Traffic delta = restarted ? restarted->since_zero : std::get<Advanced>(change).by;

  const bool first = !has_rows(before) || later != lives_.end();
  const bool was_retired = life.again || (first && sampler_.retired_.contains(row_key(key)));
  if (takes_totals(key.second.kind)) {
    const bool again =
        restarted || new_ledger_ || was_retired || (first && same_name_has_rows(key));
    return take_totals(key, account.totals, delta, again);
  }
  AccountName named = name(key.second);
  const bool ended = named.ended;
  if (!ended) account.ended = false;  // another cgroup goes on with its group's name
  const bool owed = key.second == kKernel && counted_.contains(key.first);
  const bool began_again = restarted || !life.carried.empty();
  if (delta.empty() && !began_again && !owed && !(ended && !account.totals.empty())) return;
  if (delta.empty() && is_taken_over(key)) {
    account.ended = ended;
    return;
  }
  auto state = ended ? SampleState::exited : SampleState::live;
  if (restarted || new_ledger_ || was_retired ||
      (state == SampleState::live && first && same_name_has_rows(key))) {
    state = SampleState::reset;
  }
  if (was_retired) pending_.retired.emplace_back(row_key(key), false);
  // A reset hides the end, which then gets its own sample the next time.
  if (key.second.kind == AccountKind::cgroup && state == SampleState::exited) account.ended = true;
  add(key, std::move(named), state, account.totals, delta);
}

void Sampler::Interval::add(const Key& key, AccountName name, SampleState state,
                            const Traffic& totals, const Traffic& delta) {
  keys_.push_back(key);
  Sample& sample = samples_.emplace_back();
  sample.taken = now_.taken;
  sample.interval = now_.taken.boot - base_.taken.boot;
  sample.host = sampler_.host_;
  sample.ledger = now_.ledger;
  sample.iface = interface_name(key.first);
  sample.cgroup_id = key.second.kind == AccountKind::cgroup ? key.second.cgroup_id : 0;
  sample.account = std::move(name.path);
  sample.container = std::move(name.owner.container);
  sample.pod = std::move(name.owner.pod);
  sample.k8s_namespace = std::move(name.owner.k8s_namespace);
  sample.state = state;
  sample.totals = totals;
  sample.delta = delta;
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
  Base base = base_at(now);
  for (BaseAccount& one : base.accounts) {
    const Account& account = one.key.second;
    one.ended = account.kind == AccountKind::cgroup && name_of(account.cgroup_id).ended;
  }
  base.add_kernel_accounts(counted_interfaces(now));
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
  return (base_ ? base_->accounts.size() : 0) + retired_.size() + final_totals_.size();
}

}  // namespace cgtally
