// SPDX-License-Identifier: Apache-2.0
#include "core/screen/rows.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/base/glob.h"
#include "core/base/text.h"
#include "core/containers/account_label.h"

namespace cgtally::screen {
namespace {

constexpr std::string_view kRetiredRow = "(retired)";

bool is_glob(std::string_view filter) { return filter.find_first_of("*?[") != std::string::npos; }

bool passes_filter(const View& view, const std::string& account, const std::string& label,
                   const ContainerName& owner) {
  if (!account_passes(view.account_glob, account, owner)) return false;
  if (view.filter.empty()) return true;
  if (is_glob(view.filter)) return account_passes(view.filter, account, owner);
  const std::string wanted = lower(view.filter);
  return lower(account).find(wanted) != std::string::npos ||
         lower(label).find(wanted) != std::string::npos;
}

void add_to(AccountLine& sum, const AccountLine& line) {
  sum.moved += line.moved;
  sum.totals += line.totals;
  sum.rates.rx.bits_per_second += line.rates.rx.bits_per_second;
  sum.rates.tx.bits_per_second += line.rates.tx.bits_per_second;
  sum.rates.rx_packets.packets_per_second += line.rates.rx_packets.packets_per_second;
  sum.rates.tx_packets.packets_per_second += line.rates.tx_packets.packets_per_second;
  sum.rates.connections.packets_per_second += line.rates.connections.packets_per_second;
  sum.rates.resets.packets_per_second += line.rates.resets.packets_per_second;
  if (line.connections) sum.connections = sum.connections.value_or(0) + *line.connections;
  // A percentile of a sum is not known: the worst is what a reader looks for.
  if (line.queue_delay)
    sum.queue_delay = std::max(sum.queue_delay.value_or(Nanoseconds{}), *line.queue_delay);
}

AccountLine line_of(const AccountBook& book, const View& view, const BookEntry& entry) {
  AccountLine line;
  line.account = entry.account;
  line.label = entry.label;
  line.owner = entry.owner;
  for (const auto& [iface, part] : entry.interfaces) {
    if (!view.iface.empty() && iface != view.iface) continue;
    line.moved += part.moved;
    line.totals += part.totals;
  }
  line.rates = rates(line.moved, entry.interval);
  if (entry.ended) line.exited_ago = book.now().boot - *entry.ended;
  line.connections = entry.connections;
  line.queue_delay = entry.queue_delay;
  return line;
}

bool is_on(const View& view, const BookEntry& entry) {
  return view.iface.empty() || entry.interfaces.contains(view.iface);
}

struct GroupSum {
  Row row;
  std::vector<AccountLine> members;
  bool alive = false;
  bool passes = false;
};

// Puts accounts together by the view's grouping.
class RowMaker {
 public:
  RowMaker(const AccountBook& book, const View& view) : book_(book), view_(view) {}

  std::vector<GroupSum> groups() {
    for (const auto& [account, entry] : book_.entries()) add(entry);
    if (view_.by != Grouping::cgroup) add_kept();
    std::vector<GroupSum> result;
    for (auto& [key, group] : groups_) {
      if (group.row.line.exited_ago && group.alive) group.row.line.exited_ago.reset();
      if (group.passes) result.push_back(std::move(group));
    }
    return result;
  }

 private:
  void add(const BookEntry& entry) {
    if (!is_on(view_, entry)) return;
    const auto group = group_of(view_.by, entry.account, entry.owner);
    const bool current = book_.is_current(entry);
    if (!group && !current) return;
    AccountLine line = line_of(book_, view_, entry);
    const bool passes = passes_filter(view_, entry.account, entry.label, entry.owner);
    if (!group) {
      take_recalled(line);
      groups_[entry.account] = {.row = {.line = std::move(line)}, .members = {}, .passes = passes};
      return;
    }
    GroupSum& sum = group_named(*group);
    add_to(sum.row.line, line);
    sum.passes = sum.passes || (current && passes);
    sum.alive = sum.alive || !line.exited_ago;
    if (!current) return;
    if (line.exited_ago) {
      auto& ago = sum.row.line.exited_ago;
      ago = std::min(ago.value_or(Nanoseconds::max()), *line.exited_ago);
    }
    ++sum.row.members;
    sum.members.push_back(std::move(line));
  }

  GroupSum& group_named(const AccountGroup& group) {
    GroupSum& sum = groups_[group.account];
    if (sum.row.line.account.empty()) {
      sum.row.line.account = group.account;
      sum.row.line.owner = group.owner;
      sum.row.line.label = account_label(group.account, group.owner);
      sum.row.expanded = view_.expanded.contains(group.account);
      sum.passes = passes_filter(view_, group.account, sum.row.line.label, group.owner);
    }
    return sum;
  }

  // Only for groups that have a member: what else was is history.
  void add_kept() {
    for (const auto& [account, kept] : book_.kept(view_.by)) {
      const auto found = groups_.find(account);
      if (found == groups_.end()) continue;
      for (const auto& [iface, totals] : kept.totals) {
        if (view_.iface.empty() || iface == view_.iface) found->second.row.line.totals += totals;
      }
    }
    std::erase_if(groups_, [](const auto& item) {
      return is_group_account(item.first) && item.second.row.members == 0;
    });
  }

  // What groups show of retired accounts is not shown a second time.
  void take_recalled(AccountLine& line) const {
    if (line.account != kRetiredRow) return;
    for (const auto& [iface, totals] : book_.recalled(view_.by)) {
      if (!view_.iface.empty() && iface != view_.iface) continue;
      line.totals.rx_bytes.value -= std::min(line.totals.rx_bytes, totals.rx_bytes).value;
      line.totals.tx_bytes.value -= std::min(line.totals.tx_bytes, totals.tx_bytes).value;
      line.totals.rx_packets.value -= std::min(line.totals.rx_packets, totals.rx_packets).value;
      line.totals.tx_packets.value -= std::min(line.totals.tx_packets, totals.tx_packets).value;
    }
  }

  const AccountBook& book_;
  const View& view_;
  std::map<std::string, GroupSum> groups_;
};

// The greater comes first, but for names.
double sort_value(const AccountLine& line, const View& view) {
  const Rates& now = line.rates;
  const Traffic& all = line.totals;
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  switch (view.sort) {
    case SortKey::traffic:
      return number(view.totals ? all.bytes() : line.moved.bytes());
    case SortKey::name:
      return 0;
    case SortKey::rx:
      return number(now.rx.bits_per_second);
    case SortKey::tx:
      return number(now.tx.bits_per_second);
    case SortKey::rx_packets:
      return number(view.totals ? all.rx_packets.value : now.rx_packets.packets_per_second);
    case SortKey::tx_packets:
      return number(view.totals ? all.tx_packets.value : now.tx_packets.packets_per_second);
    case SortKey::new_connections:
      return number(now.connections.packets_per_second);
    case SortKey::resets:
      return number(now.resets.packets_per_second);
    case SortKey::connections:
      return line.connections ? number(*line.connections) : -1;
    case SortKey::delay:
      return line.queue_delay ? number(static_cast<std::uint64_t>(line.queue_delay->count())) : -1;
    case SortKey::rx_total:
      return number(all.rx_bytes.value);
    case SortKey::tx_total:
      return number(all.tx_bytes.value);
  }
  return 0;
}

// Equal values: by traffic, totals and name, so that the order never is by chance.
bool comes_before(const AccountLine& a, const AccountLine& b, const View& view) {
  const double first = sort_value(a, view);
  const double second = sort_value(b, view);
  if (first != second) return view.reversed ? first < second : first > second;
  if (view.sort == SortKey::name) {
    const int order = a.shown().compare(b.shown());
    if (order != 0) return view.reversed ? order > 0 : order < 0;
  }
  return std::tuple(b.moved.bytes(), b.totals.bytes(), std::string_view(a.account)) <
         std::tuple(a.moved.bytes(), a.totals.bytes(), std::string_view(b.account));
}

class Order {
 public:
  Order(const View& view, const std::vector<std::string>& held) : view_(view) {
    for (std::size_t i = 0; i < held.size(); ++i) places_.emplace(held[i], i);
  }
  bool operator()(const AccountLine& a, const AccountLine& b) const {
    const std::size_t first = place_of(a);
    const std::size_t second = place_of(b);
    return first != second ? first < second : comes_before(a, b, view_);
  }

 private:
  [[nodiscard]] std::size_t place_of(const AccountLine& line) const {
    const auto found = places_.find(line.account);
    return found == places_.end() ? std::numeric_limits<std::size_t>::max() : found->second;
  }
  const View& view_;
  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace

std::vector<Row> rows_of(const AccountBook& book, const View& view,
                         const std::vector<std::string>& order) {
  std::vector<GroupSum> groups = RowMaker(book, view).groups();
  const Order before(view, order);
  std::ranges::sort(
      groups, [&](const GroupSum& a, const GroupSum& b) { return before(a.row.line, b.row.line); });
  std::vector<Row> rows;
  rows.reserve(groups.size());
  for (GroupSum& group : groups) {
    const bool expanded = group.row.expanded;
    rows.push_back(std::move(group.row));
    if (!expanded) continue;
    std::ranges::sort(group.members, before);
    for (AccountLine& member : group.members) {
      rows.push_back({.line = std::move(member), .member = true});
    }
  }
  return rows;
}

std::vector<const BookEntry*> entries_of(const AccountBook& book, const View& view,
                                         const std::string& key) {
  std::vector<const BookEntry*> found;
  if (const auto itself = book.entries().find(key); itself != book.entries().end()) {
    return {&itself->second};
  }
  for (const auto& [account, entry] : book.entries()) {
    const auto group = group_of(view.by, account, entry.owner);
    if (group && group->account == key) found.push_back(&entry);
  }
  return found;
}

AccountLine sum_of(const std::vector<const Row*>& rows) {
  AccountLine sum;
  for (const Row* row : rows) {
    if (!row->member) add_to(sum, row->line);
  }
  return sum;
}

}  // namespace cgtally::screen
