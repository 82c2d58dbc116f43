// SPDX-License-Identifier: Apache-2.0
// The difference of two readings, account by account. Everything that a sample claims is taken from
// the two totals and the final_totals between them; what they cannot tell (a ledger that began
// again) is said in its state.
#include "core/traffic/sampler.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>

namespace cgtally {
namespace {

constexpr Account kKernel{.kind = AccountKind::kernel, .cgroup_id = 0};
constexpr Account kLastAccount{.kind = AccountKind::retired,
                               .cgroup_id = std::numeric_limits<std::uint64_t>::max()};

std::set<InterfaceKey> counted_interfaces(const Reading& now) {
  if (now.attached) return {now.attached->begin(), now.attached->end()};
  std::set<InterfaceKey> interfaces;
  for (const AccountTotals& account : now.accounts) interfaces.insert(account.iface);
  interfaces.erase(kGoneInterface);
  return interfaces;
}

}  // namespace

class Sampler::Taking {
 public:
  Taking(const Sampler& sampler, const Reading& now, const NameOf& name_of,
         const InterfaceNameOf& interface_name_of)
      : sampler_(sampler),
        base_(*sampler.base_),
        now_(now),
        name_of_(name_of),
        interface_name_of_(interface_name_of),
        new_ledger_(base_.ledger != now.ledger),
        counted_(counted_interfaces(now)) {
    for (const FinalTotals& ending : sampler.endings_) end(ending);
    pending_.base = next_base();
    for (const auto& [key, totals] : pending_.base.totals) go_on(key, totals);
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
  // What goes on of an account. A fold ends one life of it, and the next begins at zero.
  struct Life {
    Traffic base;
    Traffic carried;     // of the life before: it is in no row yet
    bool again = false;  // it is not the first, and the first had rows
  };

  [[nodiscard]] std::string interface_name(InterfaceKey key) const {
    return key == kGoneInterface ? std::string(kGoneName) : interface_name_of_(key);
  }
  [[nodiscard]] RowKey row_key(const Key& key) const {
    return {interface_name(key.first), key.second};
  }
  [[nodiscard]] AccountName name(const Account& account) const {
    if (account.kind == AccountKind::cgroup) return name_of_(account.cgroup_id);
    return {.path = std::string(reason_name(account.kind)), .ended = false};
  }
  [[nodiscard]] Life first_life(const Key& key) const {
    const auto known = base_.totals.find(key);
    return {.base = new_ledger_ || known == base_.totals.end() ? Traffic{} : known->second,
            .carried = {}};
  }

  [[nodiscard]] bool has_rows(const Key& key) const;
  [[nodiscard]] bool same_name_has_rows(const Key& key) const;
  void end(const FinalTotals& ending);
  Base next_base();
  void go_on(const Key& key, const Traffic& totals);
  void add(const Key& key, SampleState state, const Traffic& totals, const Traffic& delta);

  const Sampler& sampler_;
  const Base& base_;
  const Reading& now_;
  const NameOf& name_of_;
  const InterfaceNameOf& interface_name_of_;
  bool new_ledger_;
  std::set<InterfaceKey> counted_;
  std::map<Key, Life> lives_;  // of accounts that were folded since the base
  Pending pending_;
  std::vector<std::pair<Key, Sample>> rows_;
};

// The base may know an account before it has a row: the reasons of an interface are there from its
// beginning, at zero.
bool Sampler::Taking::has_rows(const Key& key) const {
  const auto found = base_.totals.find(key);
  return found != base_.totals.end() && (key.second == kKernel || !found->second.empty());
}

// A reader of rows knows an interface by its name alone: under one name, totals that begin again
// must say so, though for us it is another interface.
bool Sampler::Taking::same_name_has_rows(const Key& key) const {
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

void Sampler::Taking::end(const FinalTotals& ending) {
  const Key key{ending.iface, ending.account};
  Life& life = lives_.try_emplace(key, first_life(key)).first->second;
  Traffic reached = life.carried;
  reached += ending.totals;
  const Step change = step(life.base, reached);
  const auto* advanced = std::get_if<Advanced>(&change);
  if (!advanced) {
    // The base knew the next life already, in one sum with this one: only both together are ahead
    // of it.
    life = {.base = life.base, .carried = reached, .again = true};
    return;
  }
  const Traffic delta = advanced->by;
  const bool again =
      new_ledger_ || life.again || (!has_rows(key) && sampler_.folded_.contains(row_key(key)));
  if (key.second.kind == AccountKind::retired) {
    if (!delta.empty()) add(key, SampleState::exited, ending.totals, {});
  } else if (again) {
    if (!delta.empty()) add(key, SampleState::reset, ending.totals, delta);
  } else if (!delta.empty() || (key.second.kind == AccountKind::cgroup && !reached.empty() &&
                                !base_.ended.contains(key))) {
    add(key, SampleState::exited, ending.totals, delta);
  }
  const bool had_rows = again || !reached.empty() || key.second == kKernel;
  if (had_rows && key.second.kind != AccountKind::retired) {
    pending_.folded.emplace_back(row_key(key), true);
  }
  life = {.base = {}, .carried = {}, .again = had_rows};
}

Sampler::Base Sampler::Taking::next_base() {
  Base next{.taken = now_.taken, .ledger = now_.ledger, .totals = {}, .ended = {}};
  for (const AccountTotals& account : now_.accounts) {
    next.totals[{account.iface, account.account}] = account.totals;
  }
  if (!new_ledger_) {
    for (const auto& [key, totals] : base_.totals) {
      if (lives_.contains(key) || next.totals.contains(key)) continue;
      if (sampler_.endings_lost_) {
        if (has_rows(key)) pending_.folded.emplace_back(row_key(key), true);
      } else {
        // An account that this reading lacks keeps its base: should it come back, it is not new.
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

// What an account did since its base, if that makes a sample.
void Sampler::Taking::go_on(const Key& key, const Traffic& totals) {
  const Account& account = key.second;
  const bool cgroup = account.kind == AccountKind::cgroup;
  // Its last sample has been given. Thousands of those may lie in a ledger: no name is asked for.
  if (pending_.base.ended.contains(key) && base_.totals.at(key) == totals) return;
  const auto folded = lives_.find(key);
  const Life life = folded == lives_.end() ? first_life(key) : folded->second;
  Traffic reached = life.carried;
  reached += totals;
  const Step change = step(life.base, reached);
  const auto* restarted = std::get_if<Restarted>(&change);
  const Traffic delta = restarted ? restarted->since_zero : std::get<Advanced>(change).by;

  if (account.kind == AccountKind::retired) {
    // A fold is no traffic: what it adds was charged to its account when the packets passed.
    if (!delta.empty()) add(key, SampleState::exited, totals, {});
    return;
  }
  const bool ended = name(account).ended;
  const bool owed = account == kKernel && counted_.contains(key.first);
  const bool says_so = restarted || !life.carried.empty();
  if (delta.empty() && !says_so && !owed && !(ended && !totals.empty())) return;
  auto state = ended ? SampleState::exited : SampleState::live;
  const bool first = !has_rows(key) || folded != lives_.end();
  const bool was_folded = life.again || (first && sampler_.folded_.contains(row_key(key)));
  if (restarted || new_ledger_ || was_folded ||
      (state == SampleState::live && first && same_name_has_rows(key))) {
    state = SampleState::reset;
  }
  if (was_folded) pending_.folded.emplace_back(row_key(key), false);
  // A reset hides the end, which then gets its own sample the next time.
  if (cgroup && state == SampleState::exited) pending_.base.ended.insert(key);
  add(key, state, totals, delta);
}

void Sampler::Taking::add(const Key& key, SampleState state, const Traffic& totals,
                          const Traffic& delta) {
  Sample sample;
  sample.taken = now_.taken;
  sample.interval = now_.taken.boot - base_.taken.boot;
  sample.host = sampler_.host_;
  sample.ledger = now_.ledger;
  sample.iface = interface_name(key.first);
  sample.cgroup_id = key.second.cgroup_id;
  sample.account = name(key.second).path;
  sample.state = state;
  sample.totals = totals;
  sample.delta = delta;
  rows_.emplace_back(key, std::move(sample));
}

// Until the samples are kept. If they never are, the oldest final_totals are given up: memory is
// bounded.
void Sampler::remember_endings(const Reading& now) {
  if (endings_ledger_ != now.ledger) {
    endings_.clear();
    endings_lost_ = false;
    endings_ledger_ = now.ledger;
  }
  endings_.insert(endings_.end(), now.final_totals.begin(), now.final_totals.end());
  endings_lost_ |= now.lost_final_totals != 0;
  if (endings_.size() > most_remembered_) {
    const auto excess = static_cast<std::ptrdiff_t>(endings_.size() - most_remembered_);
    endings_.erase(endings_.begin(), endings_.begin() + excess);
    endings_lost_ = true;
  }
}

std::vector<Sample> Sampler::take(const Reading& now, const NameOf& name_of,
                                  const InterfaceNameOf& interface_name_of) {
  if (!base_) {
    Base first{.taken = now.taken, .ledger = now.ledger, .totals = {}, .ended = {}};
    for (const AccountTotals& account : now.accounts) {
      const Key key{account.iface, account.account};
      first.totals[key] = account.totals;
      if (account.account.kind == AccountKind::cgroup && name_of(account.account.cgroup_id).ended) {
        first.ended.insert(key);
      }
    }
    for (const InterfaceKey iface : counted_interfaces(now)) {
      first.totals.try_emplace({iface, kKernel});
    }
    base_ = std::move(first);
    return {};
  }
  remember_endings(now);
  Taking taking(*this, now, name_of, interface_name_of);
  pending_ = taking.pending();
  return taking.samples();
}

void Sampler::commit() {
  if (!pending_) return;
  base_ = std::move(pending_->base);
  for (const auto& [key, folded] : pending_->folded) {
    folded ? folded_.insert(key) : folded_.erase(key);
  }
  pending_.reset();
  endings_.clear();
  endings_lost_ = false;
}

std::size_t Sampler::remembered() const {
  const std::size_t base = base_ ? base_->totals.size() + base_->ended.size() : 0;
  return base + folded_.size() + endings_.size();
}

}  // namespace cgtally
