// SPDX-License-Identifier: Apache-2.0
// The answer of `cgtally totals` as data: what each account has moved on each interface since the
// ledger began. table.h and document.h write it down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/containers/account_label.h"
#include "core/containers/grouping.h"
#include "core/traffic/reading.h"

namespace cgtally {

// `exited`: its cgroup was removed. `retired`: so long ago that the ledger has given its slot to
// others, or with its interface.
enum class TotalsState : std::uint8_t { live, exited, retired };
[[nodiscard]] std::string_view totals_state_name(TotalsState state);

struct TotalsRow {
  std::string iface;
  std::uint64_t cgroup_id = 0;  // 0 for a reason
  std::string account;          // cgroup2 path, or the reason in parentheses
  TotalsState state = TotalsState::live;
  Traffic totals;
  ContainerName owner{};

  // The account as screens name it.
  [[nodiscard]] std::string label() const { return account_label(account, owner); }
};

// A cgroup whose account also has packets of cgroups below it: their share of the slots was used
// up.
struct SharedAccount {
  std::string account;
  std::uint64_t packets = 0;  // a super-packet is one
};

struct TotalsReport {
  Moment taken;
  std::string host;
  std::string ledger;  // its id
  Moment since;        // where its totals begin
  bool counting = true;
  std::vector<TotalsRow> rows;          // most bytes first
  std::vector<SharedAccount> shared{};  // most packets first; of all interfaces
};

// The rows of one name as one, with cgroup_id 0: live if one of its cgroups is. A row that has no
// such name stays as it is, so that the sum does, too.
[[nodiscard]] std::vector<TotalsRow> summed_by(Grouping by, std::vector<TotalsRow> rows);
[[nodiscard]] Traffic sum_of(const std::vector<TotalsRow>& rows);
// Removes rows without traffic and those whose account does not match, and sorts the others: most
// bytes first, then by account and interface.
void arrange(std::vector<TotalsRow>& rows, std::string_view account_glob);

}  // namespace cgtally
