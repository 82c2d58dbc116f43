// SPDX-License-Identifier: Apache-2.0
#include "core/totals/report.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/base/enum_names.h"
#include "core/containers/grouping.h"

namespace cgtally {
namespace {

constexpr EnumNames<TotalsState::retired> kStateNames{"live", "exited", "retired"};

}  // namespace

std::string_view totals_state_name(TotalsState state) { return kStateNames[state]; }

std::vector<TotalsRow> summed_by(Grouping by, std::vector<TotalsRow> rows) {
  std::vector<TotalsRow> summed;
  std::map<std::pair<std::string, std::string>, std::size_t> place_of;  // by interface and group
  for (TotalsRow& row : rows) {
    auto group = group_of(by, row.account, row.owner);
    if (!group) {
      summed.push_back(std::move(row));
      continue;
    }
    const auto [place, fresh] = place_of.try_emplace({row.iface, group->account}, summed.size());
    if (fresh) {
      row.cgroup_id = 0;
      row.account = std::move(group->account);
      row.owner = std::move(group->owner);
      summed.push_back(std::move(row));
    } else {
      TotalsRow& sum = summed[place->second];
      sum.totals += row.totals;
      sum.state = std::min(sum.state, row.state);
    }
  }
  return summed;
}

Traffic sum_of(const std::vector<TotalsRow>& rows) {
  Traffic sum;
  for (const TotalsRow& row : rows) sum += row.totals;
  return sum;
}

void arrange(std::vector<TotalsRow>& rows, std::string_view account_glob) {
  std::erase_if(rows, [&](const TotalsRow& row) {
    return row.totals.empty() || !account_passes(account_glob, row.account, row.owner);
  });
  std::ranges::sort(rows, [](const TotalsRow& a, const TotalsRow& b) {
    return std::tuple(b.totals.bytes(), std::string_view(a.account), std::string_view(a.iface),
                      a.cgroup_id) < std::tuple(a.totals.bytes(), std::string_view(b.account),
                                                std::string_view(b.iface), b.cgroup_id);
  });
}

}  // namespace cgtally
