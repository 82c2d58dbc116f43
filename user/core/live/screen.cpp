// SPDX-License-Identifier: Apache-2.0
#include "core/live/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

// With fewer columns than this the connections give way to the accounts' names.
constexpr std::size_t kLeastWithConnections = 77;
// From this width on there is room for received packets and the received total.
constexpr std::size_t kWide = 110;
constexpr std::size_t kVeryWide = 132;
constexpr std::size_t kLeastAccount = 16;
constexpr std::size_t kLeastAccounts = 3;
constexpr std::size_t kMostBar = 10;

// "11-18 07:31Z"
std::string day_and_time(Nanoseconds wall) {
  return fmt::format("{}Z", format_date_time(wall).substr(5, 11));
}

std::string exit_mark(const AccountLine& line) {
  if (!line.exited_ago) return {};
  const auto ago = std::chrono::floor<std::chrono::seconds>(*line.exited_ago);
  if (ago < std::chrono::minutes{1}) return fmt::format(" exited {}s", ago.count());
  return fmt::format(" exited {}", format_duration(ago));
}

// One line with texts at both ends; the right one is left out if both do not fit.
std::string with_right_end(const std::string& left, const std::string& right, std::size_t width) {
  if (display_width(left) + 1 + display_width(right) > width) return shorten(left, width);
  return left + pad_left(right, width - display_width(left));
}

std::string headline(const Report& report) {
  return fmt::format("{}  every {}  ledger up {}  slots {}/{}", printable(report.host),
                     format_duration(report.every),
                     format_duration(report.taken.boot - report.ledger.since.boot),
                     report.ledger.slots_used, report.ledger.slots_total);
}

// "rx 1.2 Mbit/s 123 p/s  tx 9.9 Mbit/s 1 234 p/s"
std::string both_rates(const Rates& rates) {
  return fmt::format("rx {} {} p/s  tx {} {} p/s", format_bit_rate(rates.rx),
                     format_packet_rate(rates.rx_packets), format_bit_rate(rates.tx),
                     format_packet_rate(rates.tx_packets));
}

std::string interface_rates(const InterfaceLine& line) {
  return fmt::format("{}  {}", printable(line.name), both_rates(line.rates));
}

std::string interface_shares(const InterfaceLine& line) {
  const std::string seen = line.seen ? fmt::format("  NIC seen {}", percent(line.seen)) : "";
  return fmt::format("named rx {} tx {}{}", percent(line.named.rx), percent(line.named.tx), seen);
}

// "91 %"; what is there is never "0 %", and only the whole "100 %".
std::string whole_percent(const std::optional<double>& share) {
  if (!share) return "-";
  if (*share > 0 && *share < 0.01) return "<1 %";
  const long rounded = std::lround(*share * 100);
  return fmt::format("{} %", *share < 1 ? std::min(rounded, 99L) : rounded);
}

// "pods rx 90 % tx 91 %  host rx 9 % tx 8 %  unnamed rx <1 % tx 1 %".
std::string owner_words(const OwnerShares& owners) {
  const auto both = [](const Named& shares) {
    return fmt::format("rx {} tx {}", whole_percent(shares.rx), whole_percent(shares.tx));
  };
  return fmt::format("{} {}  host {}  unnamed {}", owners.pods ? "pods" : "containers",
                     both(owners.containers), both(owners.host), both(owners.unnamed));
}

// One line, or two if the screen is too narrow; another one where there are containers.
void add_interface(std::vector<std::string>& lines, const InterfaceLine& line, std::size_t width,
                   bool owners) {
  const std::string first = interface_rates(line);
  const std::string second = interface_shares(line);
  if (display_width(first) + 2 + display_width(second) <= width) {
    lines.push_back(first + "  " + second);
  } else {
    lines.push_back(shorten(first, width));
    lines.push_back(shorten("  " + second, width));
  }
  if (line.owners && owners) lines.push_back(shorten("  " + owner_words(*line.owners), width));
}

std::string others_with_count(const Shortlist& list) {
  return fmt::format("{} {} {}", list.others->account, list.other_count,
                     list.other_count == 1 ? "account" : "accounts");
}

std::string connections_of(const AccountLine& line) {
  return line.connections ? format_count(*line.connections) : "-";
}

std::string delay_of(const AccountLine& line) {
  return line.queue_delay ? format_duration(*line.queue_delay) : "-";
}

// Different accounts have different names, also if one name is that of two.
std::vector<std::string> shown_names(const std::vector<AccountLine>& lines,
                                     const std::vector<std::size_t>& widths) {
  std::vector<std::string> names;
  std::vector<std::string> accounts;
  for (const AccountLine& line : lines) {
    names.push_back(printable(line.shown()));
    accounts.push_back(line.account);
  }
  return shorten_all(names, accounts, widths);
}

// A column of figures. `width` includes the space before the figure.
struct FigureColumn {
  enum class Shown : std::uint8_t { always, if_wide, if_very_wide, with_connections } shown;
  std::size_t width;
  std::string_view heading;
  std::string (*text)(const AccountLine&);
};

using Shown = FigureColumn::Shown;

constexpr auto kFigureColumns = std::to_array<FigureColumn>({
    {Shown::always, 10, "RX bit/s",
     [](const AccountLine& line) { return format_bit_rate_short(line.rates.rx); }},
    {Shown::always, 10, "TX bit/s",
     [](const AccountLine& line) { return format_bit_rate_short(line.rates.tx); }},
    {Shown::if_wide, 10, "RX p/s",
     [](const AccountLine& line) { return format_packet_rate(line.rates.rx_packets); }},
    {Shown::always, 10, "TX p/s",
     [](const AccountLine& line) { return format_packet_rate(line.rates.tx_packets); }},
    {Shown::if_very_wide, 8, "NEW/s",
     [](const AccountLine& line) { return format_packet_rate(line.rates.connections); }},
    {Shown::if_very_wide, 8, "RST/s",
     [](const AccountLine& line) { return format_packet_rate(line.rates.resets); }},
    {Shown::with_connections, 7, "CONN", connections_of},
    {Shown::with_connections, 9, "DELAY", delay_of},
    {Shown::if_wide, 11, "RX TOTAL",
     [](const AccountLine& line) { return format_bytes(line.totals.rx_bytes); }},
    {Shown::always, 11, "TX TOTAL",
     [](const AccountLine& line) { return format_bytes(line.totals.tx_bytes); }},
});

// The table of accounts: the name, the columns of figures that fit, and a bar.
class Table {
 public:
  Table(const ScreenLayout& layout, bool connections)
      : colour_(layout.colour),
        wide_(layout.columns >= kWide),
        very_wide_(layout.columns >= kVeryWide),
        connections_(connections && layout.columns >= kLeastWithConnections) {
    std::size_t figures = 0;
    for (const FigureColumn& column : kFigureColumns) figures += shows(column) ? column.width : 0;
    const std::size_t left = layout.columns - std::min(layout.columns, figures);
    bar_ = left > 32 ? std::min(kMostBar + 1, left - 31) : 0;
    account_ = std::max(kLeastAccount, left - std::min(left, bar_));
  }

  [[nodiscard]] std::string header() const {
    std::string line = pad_right("ACCOUNT", account_);
    for (const FigureColumn& column : kFigureColumns) {
      if (shows(column)) line += fmt::format("{:>{}}", column.heading, column.width);
    }
    return coloured(line, "1", colour_);
  }

  // As they fit into the lines; different accounts stay different.
  [[nodiscard]] std::vector<std::string> names(const std::vector<AccountLine>& lines) const {
    std::vector<std::size_t> widths;
    for (const AccountLine& line : lines) widths.push_back(name_width(line));
    return shown_names(lines, widths);
  }

  // `name`: of names().
  [[nodiscard]] std::string row(const AccountLine& line, const std::string& name,
                                std::uint64_t busiest) const {
    std::string text = pad_right(name, name_width(line)) + exit_mark(line);
    for (const FigureColumn& column : kFigureColumns) {
      if (shows(column)) text += fmt::format("{:>{}}", column.text(line), column.width);
    }
    if (line.exited_ago) return coloured(text, "2", colour_);
    const std::string bar = this->bar(line, busiest);
    return bar.empty() ? text : fmt::format("{} {}", text, coloured(bar, "32", colour_));
  }

 private:
  [[nodiscard]] bool shows(const FigureColumn& column) const {
    return column.shown == Shown::always || (column.shown == Shown::if_wide && wide_) ||
           (column.shown == Shown::if_very_wide && very_wide_) ||
           (column.shown == Shown::with_connections && connections_);
  }

  [[nodiscard]] std::size_t name_width(const AccountLine& line) const {
    return account_ - std::min(account_, display_width(exit_mark(line)));
  }

  [[nodiscard]] std::string bar(const AccountLine& line, std::uint64_t busiest) const {
    if (bar_ < 2 || busiest == 0) return {};
    const double length = static_cast<double>(line.moved.bytes()) / static_cast<double>(busiest) *
                          static_cast<double>(bar_ - 1);
    return std::string(static_cast<std::size_t>(std::lround(length)), '#');
  }

  bool colour_;
  bool wide_;
  bool very_wide_;
  bool connections_;
  std::size_t bar_;  // with the space before it
  std::size_t account_;
};

// The busiest `most` interfaces, in the order of their names.
void add_interfaces(std::vector<std::string>& lines, const Report& report, std::size_t rows,
                    std::size_t width) {
  constexpr std::size_t kLeastRowsWithOwners = 12;
  const std::size_t most = std::max<std::size_t>(rows / 6, 1);
  std::vector<InterfaceLine> shown = report.interfaces;
  if (shown.size() > most) {
    std::ranges::stable_sort(shown, std::greater{},
                             [](const InterfaceLine& line) { return line.moved.bytes(); });
    shown.resize(most);
    std::ranges::sort(shown, std::less{}, &InterfaceLine::name);
  }
  for (const InterfaceLine& line : shown) {
    add_interface(lines, line, width, rows >= kLeastRowsWithOwners);
  }
  if (shown.size() < report.interfaces.size()) {
    lines.push_back(
        fmt::format("and {} quieter interfaces", report.interfaces.size() - shown.size()));
  }
}

// Puts parts beside each other while they fit into a line, in their order. A part wider than a line
// is left out.
std::vector<std::string> packed(const std::vector<std::string>& parts, std::size_t width) {
  constexpr std::size_t kBetween = 3;
  std::vector<std::string> lines;
  for (const std::string& part : parts) {
    const std::size_t columns = display_width(part);
    if (columns > width) continue;
    if (lines.empty() || display_width(lines.back()) + kBetween + columns > width) {
      lines.push_back(part);
    } else {
      lines.back() += std::string(kBetween, ' ') + part;
    }
  }
  return lines;
}

// The most important parts first: a screen without room for all drops them from the end.
std::vector<std::string> extra_parts(const Report& report) {
  std::vector<std::string> parts = credit_parts(report.credits);
  if (!report.bursts) return parts;
  parts.push_back(burst_count_words(*report.bursts));
  if (report.bursts->second) {
    const bool name = report.interfaces.size() > 1;
    std::ranges::move(last_second_parts(*report.bursts->second, name), std::back_inserter(parts));
  }
  return parts;
}

void add_extras(std::vector<std::string>& lines, const Report& report, std::size_t room,
                std::size_t width) {
  constexpr std::size_t kAccount = 28;
  constexpr std::size_t kMostOfBursts = 2;
  std::vector<std::string> extras = packed(extra_parts(report), width);
  if (report.bursts) {
    std::vector<std::string> notes;
    for (const auto* some : {&report.bursts->under_way, &report.bursts->latest}) {
      for (const BurstNote& note : *some) {
        notes.push_back(burst_note_words(note, kAccount));
      }
    }
    notes = packed(notes, width);
    notes.resize(std::min(notes.size(), kMostOfBursts));
    std::ranges::move(notes, std::back_inserter(extras));
  }
  extras.resize(std::min(extras.size(), room));
  std::ranges::move(extras, std::back_inserter(lines));
}

// One line for each part; a burst has a line only if it is new or goes on.
std::vector<std::string> plain_extras(const Report& report) {
  std::vector<std::string> lines = credit_parts(report.credits);
  if (!report.bursts) return lines;
  lines.push_back(burst_count_words(*report.bursts));
  if (report.bursts->second) {
    const auto parts = last_second_parts(*report.bursts->second, true);
    lines.push_back(fmt::format("{} {}", parts.front(), parts.back()));
  }
  for (std::size_t i = report.bursts->fresh; i-- > 0;) {
    const BurstNote& note = report.bursts->latest[i];
    lines.push_back(burst_note_words(note, std::string::npos));
  }
  for (const BurstNote& note : report.bursts->under_way) {
    lines.push_back(burst_note_words(note, std::string::npos));
  }
  return lines;
}

void add_table(std::vector<std::string>& lines, const Report& report, const ScreenLayout& layout,
               std::size_t room) {
  const bool connections = std::ranges::any_of(
      report.accounts, [](const AccountLine& line) { return line.connections.has_value(); });
  const Table table(layout, connections);
  lines.push_back(table.header());
  const std::size_t most = std::min(layout.top, report.accounts.size() <= room ? room : room - 1);
  const Shortlist list = shortlist(report.accounts, most);
  std::uint64_t busiest = 0;
  for (const AccountLine& line : list.lines) {
    busiest = std::max(busiest, line.moved.bytes());
  }
  const std::vector<std::string> names = table.names(list.lines);
  for (std::size_t i = 0; i < names.size(); ++i) {
    lines.push_back(table.row(list.lines[i], names[i], busiest));
  }
  if (list.others) {
    AccountLine others = *list.others;
    others.account = others_with_count(list);
    lines.push_back(table.row(others, table.names({others}).front(), 0));
  }
}

}  // namespace

std::vector<std::string> frame(const Report& report, const ScreenLayout& layout) {
  const std::size_t width = std::max<std::size_t>(layout.columns, 1);
  std::vector<std::string> lines{
      with_right_end(headline(report), format_clock(report.taken.wall), width)};
  add_interfaces(lines, report, layout.rows, width);
  const std::size_t notices = std::min<std::size_t>(report.notices.size(), 3);
  // The extras leave room for at least kLeastAccounts accounts.
  const std::size_t others = lines.size() + 1 + kLeastAccounts + notices + 1;
  const std::size_t room = layout.rows - std::min(layout.rows, others);
  add_extras(lines, report, std::min(room, layout.rows / 6), width);
  const std::size_t fixed = lines.size() + 1 + notices + 1;  // header of the table, notices, footer
  add_table(lines, report, layout, layout.rows > fixed + 1 ? layout.rows - fixed : 1);
  for (std::size_t i = report.notices.size() - notices; i < report.notices.size(); ++i) {
    lines.push_back(coloured(shorten(printable(report.notices[i]), width), "33", layout.colour));
  }
  lines.push_back(with_right_end(
      "q quit   wire bytes, decimal units",
      fmt::format("totals since {}, never reset", day_and_time(report.ledger.since.wall)), width));
  return lines;
}

std::vector<std::string> plain_lines(const Report& report, std::size_t top) {
  const std::string time = format_clock(report.taken.wall) + " ";
  std::vector<std::string> lines{time + headline(report)};
  for (const InterfaceLine& line : report.interfaces) {
    lines.push_back(fmt::format("{}{}  {}", time, interface_rates(line), interface_shares(line)));
    if (line.owners) {
      lines.push_back(
          fmt::format("{}{}  {}", time, printable(line.name), owner_words(*line.owners)));
    }
  }
  for (const std::string& line : plain_extras(report)) {
    lines.push_back(time + line);
  }
  const Shortlist list = shortlist(report.accounts, top);
  std::vector<AccountLine> accounts = list.lines;
  if (list.others) {
    accounts.push_back(*list.others);
    accounts.back().account = others_with_count(list);
  }
  const std::vector<std::string> names =
      shown_names(accounts, std::vector(accounts.size(), std::string::npos));
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const AccountLine& line = accounts[i];
    const std::string connections =
        line.connections ? fmt::format("  conn {} delay {}", connections_of(line), delay_of(line))
                         : "";
    const std::string exited = line.exited_ago ? fmt::format(" {}", exit_mark(line)) : "";
    lines.push_back(fmt::format("{}  {}  {}  total rx {} tx {}{}{}", time, names[i],
                                both_rates(line.rates), format_bytes(line.totals.rx_bytes),
                                format_bytes(line.totals.tx_bytes), connections, exited));
  }
  return lines;
}

}  // namespace cgtally
