// SPDX-License-Identifier: Apache-2.0
// Turns readings into samples. The first reading is the base and gives no sample, except for
// accounts born after it. The base moves only when the caller says that the samples were kept
// (commit): after a write that failed, the next samples cover the whole gap, so nothing is lost. An
// account that ends gets one last sample, however short it lived; `(kernel)` gets one every time,
// so that a missing interval means "not recorded". Late traffic for an account that has ended is
// one more row, `exited`; an interface made again under its name begins with rows that say `reset`.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/sample.h"

namespace cgtally {

// What is known of an account beside its counters. Filled by the adapters.
struct AccountName {
  std::string path;    // "/system.slice/redis.service"; "#4711" where the name is not known
  bool ended = false;  // the cgroup has been removed
};

class Sampler {
 public:
  using NameOf = std::function<AccountName(std::uint64_t cgroup_id)>;
  using InterfaceNameOf = std::function<std::string(InterfaceKey)>;

  explicit Sampler(std::string host) : host_(std::move(host)) {}

  // The samples between the committed base and `now`, ordered by interface and account.
  [[nodiscard]] std::vector<Sample> take(const Reading& now, const NameOf& name_of,
                                         const InterfaceNameOf& interface_name_of);
  // The samples of the last take() are safe: the next ones begin where they end.
  void commit();

 private:
  using Key = std::pair<InterfaceKey, Account>;
  struct Base {
    Moment taken;
    std::string ledger;
    std::map<Key, Traffic> totals;
    std::set<Key> ended;  // their last sample has been given
  };

  [[nodiscard]] Base next_base(const Reading& now) const;
  [[nodiscard]] bool has_rows(const Key& key) const;
  [[nodiscard]] bool began_again(const Key& key, const InterfaceNameOf& interface_name_of) const;
  static std::optional<Sample> difference(const Base& before, const Base& after, const Key& key,
                                          bool account_ended, bool owed);

  std::string host_;
  std::optional<Base> base_;
  std::optional<Base> pending_;
};

}  // namespace cgtally
