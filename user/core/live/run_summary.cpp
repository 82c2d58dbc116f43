// SPDX-License-Identifier: Apache-2.0
#include "core/live/run_summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/containers/account_label.h"
#include "core/traffic/account.h"

namespace cgtally {
namespace {

constexpr std::size_t kAccountColumns = 40;

void add_cost(std::vector<std::string>& lines, const RunCost& cost) {
  if (cost.only_read) {
    lines.emplace_back(
        "cost      that of the ledger, which is up with or without this: cgtally status");
    return;
  }
  if (cost.program_runs == 0) {
    lines.emplace_back("cost      not measured: no packets, or the kernel keeps no BPF run times");
    return;
  }
  std::string_view label = "cost";
  for (const std::string& words : cost_words({.runs = cost.program_runs,
                                              .time = cost.program_time,
                                              .statistics = cost.statistics_time,
                                              .measured = cost.measured,
                                              .cpus = cost.cpus})) {
    lines.push_back(fmt::format("{:<10}{}", std::exchange(label, ""), words));
  }
}

std::string slots_line(const RunCost& cost, const Traffic& overflow) {
  const std::string full = overflow.empty()
                               ? ""
                               : fmt::format(": FULL, {} are on (overflow); take more with --slots",
                                             format_bytes(Bytes{overflow.bytes()}));
  return fmt::format("slots     {}/{}, {} of memory{}", cost.slots_used, cost.slots_total,
                     format_bytes(Bytes{cost.ledger_bytes}), full);
}

}  // namespace

// Thousands of samples may come ten times a second: a number is found faster than a text.
RunTotals::AccountSum& RunTotals::sum_of(const Sample& sample) {
  const auto last = by_cgroup_.find(sample.cgroup_id);
  if (last != by_cgroup_.end() && sums_[last->second].account == sample.account) {
    return sums_[last->second];
  }
  const auto [found, fresh] = index_.try_emplace(sample.account, sums_.size());
  if (fresh) sums_.push_back({.account = sample.account, .moved = {}, .owner = {}});
  by_cgroup_[sample.cgroup_id] = found->second;
  return sums_[found->second];
}

void RunTotals::add(const std::vector<Sample>& samples) {
  for (const Sample& sample : samples) {
    AccountSum& sum = sum_of(sample);
    sum.moved += sample.delta;
    if (sum.owner != sample.owner()) sum.owner = sample.owner();
    interfaces_[sample.iface].add(sample);
    all_.add(sample);
  }
}

std::vector<std::string> RunTotals::lines(const RunCost& cost, std::size_t top) const {
  std::vector<std::string> lines;
  std::string where;
  for (const auto& [name, share] : interfaces_) {
    where += fmt::format("{}{}", where.empty() ? " on " : ", ", printable(name));
  }
  const Traffic& all = all_.all();
  lines.push_back(fmt::format("{}{}: rx {} in {} packets, tx {} in {}",
                              format_duration(cost.duration), where, format_bytes(all.rx_bytes),
                              format_count(all.rx_packets.value), format_bytes(all.tx_bytes),
                              format_count(all.tx_packets.value)));
  const Named named = all_.named();
  lines.push_back(fmt::format("named     rx {}  tx {} of the bytes are on a cgroup",
                              percent(named.rx), percent(named.tx)));
  std::vector<AccountSum> ranked = sums_;
  std::ranges::sort(ranked, [](const AccountSum& a, const AccountSum& b) {
    return std::tuple(b.moved.bytes(), std::string_view(a.account)) <
           std::tuple(a.moved.bytes(), std::string_view(b.account));
  });
  std::vector<std::string> names;
  std::vector<std::string> accounts;
  for (const AccountSum& sum : ranked) {
    if (names.size() == top || sum.moved.empty()) break;
    names.push_back(printable(account_label(sum.account, sum.owner)));
    accounts.push_back(sum.account);
  }
  names = shorten_all(names, accounts, std::vector(names.size(), kAccountColumns));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Traffic& traffic = ranked[i].moved;
    lines.push_back(fmt::format("{:<10}{}rx {:>9}  tx {:>9}", i == 0 ? "top" : "",
                                pad_right(names[i], kAccountColumns),
                                format_bytes(traffic.rx_bytes), format_bytes(traffic.tx_bytes)));
  }
  add_cost(lines, cost);
  const auto overflow = index_.find(std::string(reason_name(AccountKind::overflow)));
  lines.push_back(
      slots_line(cost, overflow == index_.end() ? Traffic{} : sums_[overflow->second].moved));
  return lines;
}

}  // namespace cgtally
