// SPDX-License-Identifier: Apache-2.0
// Turns readings into samples. The first reading is the base and gives no sample, except for
// accounts born after it. The base moves only when the caller says that the samples were kept
// (commit): after a write that failed, the next samples cover the whole gap, so nothing is lost. An
// account that ends gets one last sample, however short it lived, also when the ledger has folded
// it in the meantime; `(kernel)` gets one every time, so that a missing interval means "not
// recorded". Late traffic for an account that has ended is one more row, `exited`. Totals that
// begin again under a name that had rows (an interface made anew, late traffic for an account that
// was folded) begin with a row that says `reset`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/recent_set.h"
#include "core/traffic/sample.h"

namespace cgtally {

class Sampler {
 public:
  using NameOf = std::function<AccountName(std::uint64_t cgroup_id)>;
  using InterfaceNameOf = std::function<std::string(InterfaceKey)>;

  // `most_remembered`: of accounts that were folded, and of final_totals whose samples were not
  // kept.
  explicit Sampler(std::string host, std::size_t most_remembered = 65'536)
      : host_(std::move(host)), most_remembered_(most_remembered), folded_(most_remembered) {}

  // The samples between the committed base and `now`, ordered by interface and account.
  [[nodiscard]] std::vector<Sample> take(const Reading& now, const NameOf& name_of,
                                         const InterfaceNameOf& interface_name_of);
  // The samples of the last take() are safe: the next ones begin where they end.
  void commit();
  // How many keys it holds: bounded by what is in the ledger and those.
  [[nodiscard]] std::size_t remembered() const;

 private:
  using Key = std::pair<InterfaceKey, Account>;
  using RowKey = std::pair<std::string, Account>;  // by which a reader of rows tells them apart
  struct Base {
    Moment taken;
    std::string ledger;
    std::map<Key, Traffic> totals;
    std::set<Key> ended;  // their last sample has been given
  };
  // What commit() makes the state.
  struct Pending {
    Base base;
    std::vector<std::pair<RowKey, bool>> folded;  // in order; false: it began again, and said so
  };
  class Taking;  // one take()

  void remember_endings(const Reading& now);

  std::string host_;
  std::size_t most_remembered_;
  std::optional<Base> base_;
  std::optional<Pending> pending_;
  RecentSet<RowKey> folded_;  // and not begun again
  // Not committed yet.
  std::string endings_ledger_;
  std::vector<FinalTotals> endings_;
  bool endings_lost_ = false;
};

}  // namespace cgtally
