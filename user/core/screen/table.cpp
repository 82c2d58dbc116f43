// SPDX-License-Identifier: Apache-2.0
#include "core/screen/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/live/words.h"

namespace cgtally::screen {
namespace {

// With fewer columns than this the connections give way to the accounts' names.
constexpr std::size_t kLeastWithConnections = 77;
// From this width on there is room for received packets and the received total.
constexpr std::size_t kWide = 110;
constexpr std::size_t kVeryWide = 132;
constexpr std::size_t kLeastAccount = 16;
constexpr std::size_t kMostBar = 10;
constexpr std::size_t kRoomyBar = 30;

std::string rx_bits(const AccountLine& line) { return format_bit_rate_short(line.rates.rx); }
std::string tx_bits(const AccountLine& line) { return format_bit_rate_short(line.rates.tx); }
std::string rx_bytes(const AccountLine& line) {
  return format_bit_rate_short({line.rates.rx.bits_per_second / 8});
}
std::string tx_bytes(const AccountLine& line) {
  return format_bit_rate_short({line.rates.tx.bits_per_second / 8});
}
std::string rx_packets(const AccountLine& line) {
  return format_packet_rate(line.rates.rx_packets);
}
std::string tx_packets(const AccountLine& line) {
  return format_packet_rate(line.rates.tx_packets);
}
std::string new_connections(const AccountLine& line) {
  return format_packet_rate(line.rates.connections);
}
std::string resets(const AccountLine& line) { return format_packet_rate(line.rates.resets); }
std::string rx_total(const AccountLine& line) { return format_bytes(line.totals.rx_bytes); }
std::string tx_total(const AccountLine& line) { return format_bytes(line.totals.tx_bytes); }
std::string rx_packet_total(const AccountLine& line) {
  return format_count(line.totals.rx_packets.value);
}
std::string tx_packet_total(const AccountLine& line) {
  return format_count(line.totals.tx_packets.value);
}

std::vector<TableColumn> rate_columns(const View& view, std::size_t columns, bool connections) {
  const bool wide = columns >= kWide;
  const bool very_wide = columns >= kVeryWide;
  std::vector<TableColumn> all{
      {SortKey::rx, 10, view.bytes ? "RX B/s" : "RX bit/s", view.bytes ? rx_bytes : rx_bits},
      {SortKey::tx, 10, view.bytes ? "TX B/s" : "TX bit/s", view.bytes ? tx_bytes : tx_bits}};
  if (wide) all.push_back({SortKey::rx_packets, 10, "RX p/s", rx_packets});
  all.push_back({SortKey::tx_packets, 10, "TX p/s", tx_packets});
  if (very_wide) {
    all.push_back({SortKey::new_connections, 8, "NEW/s", new_connections});
    all.push_back({SortKey::resets, 8, "RST/s", resets});
  }
  if (connections) {
    all.push_back({SortKey::connections, 7, "CONN", connections_words});
    all.push_back({SortKey::delay, 9, "DELAY", delay_words});
  }
  if (wide) all.push_back({SortKey::rx_total, 11, "RX TOTAL", rx_total});
  all.push_back({SortKey::tx_total, 11, "TX TOTAL", tx_total});
  return all;
}

std::vector<TableColumn> total_columns(const View& view, std::size_t columns, bool connections) {
  const bool wide = columns >= kWide;
  std::vector<TableColumn> all{{SortKey::rx_total, 11, "RX TOTAL", rx_total},
                               {SortKey::tx_total, 11, "TX TOTAL", tx_total}};
  if (wide) all.push_back({SortKey::rx_packets, 16, "RX PACKETS", rx_packet_total});
  all.push_back({SortKey::tx_packets, 16, "TX PACKETS", tx_packet_total});
  if (connections) {
    all.push_back({SortKey::connections, 7, "CONN", connections_words});
    all.push_back({SortKey::delay, 9, "DELAY", delay_words});
  }
  if (wide) {
    all.push_back(
        {SortKey::rx, 10, view.bytes ? "RX B/s" : "RX bit/s", view.bytes ? rx_bytes : rx_bits});
    all.push_back(
        {SortKey::tx, 10, view.bytes ? "TX B/s" : "TX bit/s", view.bytes ? tx_bytes : tx_bits});
  }
  return all;
}

}  // namespace

Table::Table(const View& view, const Size& size, bool connections) : view_(view), size_(size) {
  const bool shown = connections && size.columns >= kLeastWithConnections;
  columns_ = view.totals ? total_columns(view, size.columns, shown)
                         : rate_columns(view, size.columns, shown);
  std::size_t figures = 0;
  for (const TableColumn& column : columns_) figures += column.width;
  const std::size_t left = size.columns - std::min(size.columns, figures);
  const std::size_t most = left > 120 ? kRoomyBar : kMostBar;
  bar_ = left > 32 ? std::min(most + 1, left - 31) : 0;
  account_ = std::max(kLeastAccount, left - std::min(left, bar_));
}

std::string Table::heading(std::string_view text, SortKey key) const {
  if (key != view_.sort) return std::string(text);
  const bool falls = view_.reversed == (key == SortKey::name);
  if (size_.unicode) return fmt::format("{}{}", falls ? "▼" : "▲", text);
  return fmt::format("{}{}", falls ? "v" : "^", text);
}

Line Table::header() const {
  const auto style = [this](SortKey key) {
    return key == view_.sort ? Style::chosen_heading : Style::heading;
  };
  Line line(pad_right(heading("ACCOUNT", SortKey::name), account_), style(SortKey::name));
  for (const TableColumn& column : columns_) {
    line.add(pad_left(heading(column.heading, column.key), column.width), style(column.key));
  }
  line.clip_to(size_.columns);
  return line;
}

std::vector<HeadingZone> Table::zones() const {
  std::vector<HeadingZone> all{{.begin = 0, .end = account_, .key = SortKey::name}};
  for (const TableColumn& column : columns_) {
    const std::size_t begin = all.back().end;
    all.push_back({.begin = begin, .end = begin + column.width, .key = column.key});
  }
  return all;
}

std::vector<SortKey> Table::keys() const {
  std::vector<SortKey> all{SortKey::traffic, SortKey::name};
  for (const TableColumn& column : columns_) all.push_back(column.key);
  return all;
}

std::string Table::indent(const Row& row) const {
  if (view_.by == Grouping::cgroup) return {};
  if (row.member) return "    ";
  if (row.members == 0) return "  ";
  return row.expanded ? "- " : "+ ";
}

std::size_t Table::name_width(const Row& row) const {
  const std::size_t used = display_width(exit_mark(row.line)) + indent(row).size();
  return account_ - std::min(account_, used);
}

std::vector<std::string> Table::names(const std::vector<const Row*>& rows) const {
  std::vector<std::size_t> widths;
  std::vector<AccountLine> lines;
  for (const Row* row : rows) {
    widths.push_back(name_width(*row));
    AccountLine line;
    line.account = row->line.account;
    line.label = row->line.label;
    lines.push_back(std::move(line));
  }
  return names_of(lines, widths);
}

std::uint64_t Table::weight(const AccountLine& line) const {
  return view_.totals ? line.totals.bytes() : line.moved.bytes();
}

Line Table::row(const Row& row, const std::string& name, std::uint64_t busiest) const {
  const AccountLine& figures = row.line;
  const Style style = figures.exited_ago ? Style::dim : Style::plain;
  std::string text = indent(row) + pad_right(name, name_width(row)) + exit_mark(figures);
  for (const TableColumn& column : columns_) text += pad_left(column.text(figures), column.width);
  Line line(text, style);
  if (!figures.exited_ago && bar_ >= 2 && busiest > 0) {
    const double length = static_cast<double>(weight(figures)) / static_cast<double>(busiest) *
                          static_cast<double>(bar_ - 1);
    const auto filled = std::min(static_cast<std::size_t>(std::lround(length)), bar_ - 1);
    line.add(" ");
    line.add(std::string(filled, '#'), Style::bar);
  }
  if (view_.selected == row.key()) line.fill(size_.columns, Style::selected);
  line.clip_to(size_.columns);
  return line;
}

std::string_view sort_name(SortKey key) {
  switch (key) {
    case SortKey::traffic:
      return "traffic";
    case SortKey::name:
      return "account";
    case SortKey::rx:
      return "rx";
    case SortKey::tx:
      return "tx";
    case SortKey::rx_packets:
      return "rx packets";
    case SortKey::tx_packets:
      return "tx packets";
    case SortKey::new_connections:
      return "new connections";
    case SortKey::resets:
      return "resets";
    case SortKey::connections:
      return "connections";
    case SortKey::delay:
      return "delay";
    case SortKey::rx_total:
      return "rx total";
    case SortKey::tx_total:
      return "tx total";
  }
  return "";
}

}  // namespace cgtally::screen
