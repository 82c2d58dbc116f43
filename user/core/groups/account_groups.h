// SPDX-License-Identifier: Apache-2.0
// --by: turns readings of cgroups into readings of groups, so that samplers, burst detectors and
// the credit model see a group as one account. The laws, for each interface:
//   - A group's totals are those of all cgroups that ever had its name since the ledger began, as
//     far as the ledger tells: also of those that were retired or folded. They never fall.
//   - The sum over all accounts is that of the reading. What a group keeps of a retired cgroup is
//     taken out of `(retired)`, or out of the `(folded)` account that has it.
//   - A cgroup whose name becomes known later joins with what it moves from then on. What it had
//     moved before stays on its own account, or it would look like traffic of this moment.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/containers/grouping.h"
#include "core/traffic/reading.h"

namespace cgtally {

// A GroupedSession has one, and feeds it with each reading, in their order. Knows no files: names
// are given. Memory is bounded by the accounts in the ledger and `most_remembered`.
class AccountGroups {
 public:
  using NameOf = std::function<AccountName(std::uint64_t cgroup_id)>;  // of cgroups

  explicit AccountGroups(Grouping by, std::size_t most_remembered = 65'536)
      : by_(by), most_remembered_(most_remembered) {}

  // Before the first reading: the accounts of its ledger that were retired or folded earlier.
  void recall(const std::string& ledger, const std::vector<FinalTotals>& earlier,
              const NameOf& name_of);
  [[nodiscard]] Reading group(const Reading& reading, const NameOf& name_of);

  // The account that stands for a cgroup's in grouped readings; the others stay as they are.
  [[nodiscard]] Account account_of(const Account& account, const NameOf& name_of);
  // Of an id in a grouped reading. A group has ended when all of its cgroups have.
  [[nodiscard]] AccountName name_of(std::uint64_t id, const NameOf& name_of) const;
  // The number of groups that are remembered.
  [[nodiscard]] std::size_t size() const { return groups_.size(); }

 private:
  using GroupId = std::uint64_t;  // from kFirstGroupId on; never used again
  struct Group {
    AccountGroup what;
    std::set<std::uint64_t> members;  // cgroups with an account in the last reading
  };
  struct Seen {
    Traffic last;                  // totals in the last reading that had the account
    Traffic own;                   // what the account had moved before it joined
    std::optional<GroupId> group;  // empty: the account stands for itself
    std::uint64_t reading = 0;
  };
  struct Kept {
    Traffic totals;        // of members that the ledger has no account of any more
    Traffic from_retired;  // the part of it that is in `(retired)`
    std::uint64_t reading = 0;
  };
  struct GroupKey {
    InterfaceKey iface;
    GroupId group = 0;
    auto operator<=>(const GroupKey&) const = default;
  };
  using Final = std::vector<FinalTotals>;

  std::optional<GroupId> group_of_cgroup(std::uint64_t cgroup_id, const NameOf& name_of);
  GroupId group_named(AccountGroup what);
  void begin(const std::string& ledger);
  // Final totals that nobody keeps are added to `passed`.
  void end_life(const FinalTotals& last, const NameOf& name_of, bool interface_goes, Final& passed);
  void take_over(const FinalTotals& last, const Seen& seen, bool interface_goes, Final& passed);
  void see(const AccountTotals& account, const NameOf& name_of);
  void lose_missing(bool lost);
  void end_interfaces(const Reading& reading, Final& passed);
  void forget_oldest(Final& passed);
  [[nodiscard]] std::vector<AccountTotals> accounts(const Reading& reading);
  [[nodiscard]] Traffic share_of(const InterfaceAccount& key, const Seen& seen) const;
  [[nodiscard]] Traffic without_claims(const InterfaceAccount& key, const Traffic& totals) const;
  [[nodiscard]] std::map<GroupKey, Traffic> sums() const;

  Grouping by_;
  std::size_t most_remembered_;
  std::string ledger_;
  std::uint64_t reading_ = 0;  // number of the current one
  GroupId next_ = kFirstGroupId;
  std::map<GroupId, Group> groups_;
  std::set<GroupId> leaving_;           // their last totals were told, and need a name until then
  std::map<std::string, GroupId> ids_;  // by the group's account
  std::unordered_map<std::uint64_t, GroupId> group_of_;  // by cgroup; what is not here is looked up
  std::map<InterfaceAccount, Seen> seen_;
  std::map<GroupKey, Kept> kept_;
  // By an account that takes totals of others: the part of its totals that groups keep.
  std::map<InterfaceAccount, Traffic> claims_;
};

}  // namespace cgtally
