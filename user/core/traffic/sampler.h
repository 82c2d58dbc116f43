// SPDX-License-Identifier: Apache-2.0
// Turns readings into samples: the difference of each account's totals since the base.
//   - The first reading is the base and gives no samples.
//   - The base moves only when the caller says that the samples were kept (commit). After a failed
//     write the next samples cover the whole gap, so nothing is lost.
//   - An account that ends gets one last sample, `exited`, however short it lived and also if it
//     was retired meanwhile. Late traffic on it gives one more such row.
//   - `(kernel)` gets a sample each time, so that a missing interval means "not recorded".
//   - Totals that begin again under a name that had rows (a new interface of the same name, late
//     traffic on a retired account) begin with a row `reset`.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/recent_set.h"
#include "core/traffic/sample.h"

namespace cgtally {

// `live`, `record` and the credit monitor each have a sampler, because each keeps samples at its
// own times. It reads no ledger and writes no row.
class Sampler {
 public:
  using NameOf = std::function<AccountName(std::uint64_t cgroup_id)>;
  using InterfaceNameOf = std::function<std::string(InterfaceKey)>;

  // `most_remembered`: bound for retired accounts, and for final totals whose samples are not kept
  // yet.
  explicit Sampler(SharedText host, std::size_t most_remembered = 65'536)
      : host_(std::move(host)), most_remembered_(most_remembered), retired_(most_remembered) {}

  // The samples between the committed base and `now`, ordered by interface and account.
  [[nodiscard]] std::vector<Sample> process(const Reading& now, const NameOf& name_of,
                                            const InterfaceNameOf& interface_name_of);
  // The samples of the last process() are kept: the next ones begin where they end.
  void commit();
  // The number of keys held: bounded by the accounts in the ledger and `most_remembered`.
  [[nodiscard]] std::size_t remembered() const;

 private:
  using Key = std::pair<InterfaceKey, Account>;
  using RowKey = std::pair<std::string, Account>;  // interface name: what a reader of rows sees
  struct BaseAccount {
    Key key;
    Traffic totals;
    bool ended = false;    // its last sample has been given
    bool has_row = false;  // even without traffic: (kernel) of an interface that was counted
  };
  struct Base {
    Moment taken;
    SharedText ledger;
    std::vector<BaseAccount> accounts;  // in the order of their keys, each once
    [[nodiscard]] const BaseAccount* find(const Key& key) const;
    void add_kernel_accounts(const std::set<InterfaceKey>& counted);
  };
  // The state after the next commit().
  struct Pending {
    Base base;
    std::vector<std::pair<RowKey, bool>> retired;  // in order; false: began again with a `reset`
  };
  class Interval;  // the work of one process()

  static Base base_at(const Reading& now);
  static Base first_base(const Reading& now, const NameOf& name_of);
  void remember_final_totals(const Reading& now);

  SharedText host_;
  std::size_t most_remembered_;
  std::optional<Base> base_;
  std::optional<Pending> pending_;
  RecentSet<RowKey> retired_;  // accounts that have not begun again
  // Final totals since the last commit.
  SharedText final_totals_ledger_;
  std::vector<FinalTotals> final_totals_;
  bool final_totals_lost_ = false;
};

}  // namespace cgtally
