// SPDX-License-Identifier: Apache-2.0
#include "core/live/screen.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iterator>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/credits/screen.h"

namespace cgtally {
namespace {

constexpr std::size_t kRate = 10;  // columns of one figure, with the space before it
constexpr std::size_t kTotal = 11;
constexpr std::size_t kConnections = 7;
constexpr std::size_t kDelay = 9;
// With less than that the connections give way to the accounts' names.
constexpr std::size_t kLeastWithConnections = 77;
constexpr std::size_t kWide =
    110;  // from here on there is room for the packets and the total received
constexpr std::size_t kLeastAccount = 16;
constexpr std::size_t kLeastAccounts = 3;
constexpr std::size_t kMostBar = 10;

// "11-18 07:31Z"
std::string day_and_time(Nanoseconds wall) { return format_date_time(wall).substr(5, 11) + "Z"; }

std::string exit_mark(const AccountLine& line) {
  if (!line.exited_ago) {
    return {};
  }
  const auto ago = std::chrono::floor<std::chrono::seconds>(*line.exited_ago);
  return " exited " +
         (ago < std::chrono::minutes{1} ? std::to_string(ago.count()) + "s" : format_duration(ago));
}

// Left and right ends of one line; the right end gives way where both do not fit.
std::string ends(const std::string& left, const std::string& right, std::size_t width) {
  if (display_width(left) + 1 + display_width(right) > width) {
    return shorten(left, width);
  }
  return left + pad_left(right, width - display_width(left));
}

std::string headline(const Report& report) {
  return printable(report.host) + "  every " + format_duration(report.every) + "  ledger up " +
         format_duration(report.taken.boot - report.ledger.since.boot) + "  slots " +
         std::to_string(report.ledger.slots_used) + "/" + std::to_string(report.ledger.slots_total);
}

std::string moved(const InterfaceLine& line) {
  return printable(line.name) + "  rx " + format_bit_rate(line.rates.rx) + " " +
         format_packet_rate(line.rates.rx_packets) + " p/s  tx " + format_bit_rate(line.rates.tx) +
         " " + format_packet_rate(line.rates.tx_packets) + " p/s";
}

std::string named(const InterfaceLine& line) {
  return "named rx " + percent(line.named.rx) + " tx " + percent(line.named.tx) +
         (line.seen ? "  NIC seen " + percent(line.seen) : "");
}

// One line, or two where the screen is too narrow.
void add_interface(std::vector<std::string>& lines, const InterfaceLine& line, std::size_t width) {
  const std::string first = moved(line);
  const std::string second = named(line);
  if (display_width(first) + 2 + display_width(second) <= width) {
    lines.push_back(first + "  " + second);
  } else {
    lines.push_back(shorten(first, width));
    lines.push_back(shorten("  " + second, width));
  }
}

std::string with_count(const Shortlist& list) {
  return list.others->account + " " + std::to_string(list.other_count) +
         (list.other_count == 1 ? " account" : " accounts");
}

std::string connections_of(const AccountLine& line) {
  return line.connections ? format_count(*line.connections) : "-";
}

std::string delay_of(const AccountLine& line) {
  return line.queue_delay ? format_duration(*line.queue_delay) : "-";
}

class Table {
 public:
  Table(const ScreenLayout& layout, bool connections)
      : colour_(layout.colour),
        wide_(layout.columns >= kWide),
        connections_(connections && layout.columns >= kLeastWithConnections) {
    const std::size_t figures = (wide_ ? 4 * kRate + 2 * kTotal : 3 * kRate + kTotal) +
                                (connections_ ? kConnections + kDelay : 0);
    const std::size_t left = layout.columns - std::min(layout.columns, figures);
    bar_ = left > 32 ? std::min(kMostBar + 1, left - 31) : 0;
    account_ = std::max(kLeastAccount, left - std::min(left, bar_));
  }

  [[nodiscard]] std::string header() const {
    std::string line = pad_right("ACCOUNT", account_) + pad_left("RX bit/s", kRate);
    line += pad_left("TX bit/s", kRate);
    line += (wide_ ? pad_left("RX p/s", kRate) : "") + pad_left("TX p/s", kRate);
    line += connections_ ? pad_left("CONN", kConnections) + pad_left("DELAY", kDelay) : "";
    line += (wide_ ? pad_left("RX TOTAL", kTotal) : "") + pad_left("TX TOTAL", kTotal);
    return coloured(line, "1", colour_);
  }

  [[nodiscard]] std::string row(const AccountLine& line, std::uint64_t busiest) const {
    std::string text = account(line) + pad_left(format_bit_rate_short(line.rates.rx), kRate);
    text += pad_left(format_bit_rate_short(line.rates.tx), kRate);
    text += wide_ ? pad_left(format_packet_rate(line.rates.rx_packets), kRate) : "";
    text += pad_left(format_packet_rate(line.rates.tx_packets), kRate);
    text += connections_ ? pad_left(connections_of(line), kConnections) : "";
    text += connections_ ? pad_left(delay_of(line), kDelay) : "";
    text += wide_ ? pad_left(format_bytes(line.totals.rx_bytes), kTotal) : "";
    text += pad_left(format_bytes(line.totals.tx_bytes), kTotal);
    if (line.exited_ago) {
      return coloured(text, "2", colour_);
    }
    const std::string bar = this->bar(line, busiest);
    return bar.empty() ? text : text + " " + coloured(bar, "32", colour_);
  }

 private:
  [[nodiscard]] std::string account(const AccountLine& line) const {
    const std::string mark = exit_mark(line);
    const std::size_t name = account_ - std::min(account_, display_width(mark));
    return pad_right(shorten(printable(line.account), name), name) + mark;
  }

  [[nodiscard]] std::string bar(const AccountLine& line, std::uint64_t busiest) const {
    const std::uint64_t moved = line.moved.rx_bytes.value + line.moved.tx_bytes.value;
    if (bar_ < 2 || busiest == 0) {
      return {};
    }
    const double length =
        static_cast<double>(moved) / static_cast<double>(busiest) * static_cast<double>(bar_ - 1);
    return std::string(static_cast<std::size_t>(length + 0.5), '#');
  }

  bool colour_;
  bool wide_;
  bool connections_;
  std::size_t bar_;  // with the space before it
  std::size_t account_;
};

// The busiest `most` interfaces, in the order of their names.
void add_interfaces(std::vector<std::string>& lines, const Report& report, std::size_t most,
                    std::size_t width) {
  std::vector<InterfaceLine> shown = report.interfaces;
  if (shown.size() > most) {
    std::ranges::stable_sort(shown, std::greater{}, [](const InterfaceLine& line) {
      return line.moved.rx_bytes.value + line.moved.tx_bytes.value;
    });
    shown.resize(most);
    std::ranges::sort(shown, std::less{}, &InterfaceLine::name);
  }
  for (const InterfaceLine& line : shown) {
    add_interface(lines, line, width);
  }
  if (shown.size() < report.interfaces.size()) {
    lines.push_back("and " + std::to_string(report.interfaces.size() - shown.size()) +
                    " quieter interfaces");
  }
}

// As many to a line as fit beside each other, in their order; one that fits into none is left out.
std::vector<std::string> packed(const std::vector<std::string>& parts, std::size_t width) {
  constexpr std::size_t kBetween = 3;
  std::vector<std::string> lines;
  for (const std::string& part : parts) {
    const std::size_t columns = display_width(part);
    if (columns > width) {
      continue;
    }
    if (lines.empty() || display_width(lines.back()) + kBetween + columns > width) {
      lines.push_back(part);
    } else {
      lines.back() += std::string(kBetween, ' ') + part;
    }
  }
  return lines;
}

// What is scarce first: a screen without room for all drops them from the end.
std::vector<std::string> scarce_parts(const Report& report) {
  std::vector<std::string> parts = credit_parts(report.credits);
  if (report.bursts) {
    parts.push_back(burst_count_words(*report.bursts));
  }
  if (report.bursts && report.bursts->second) {
    const bool name = report.interfaces.size() > 1;
    std::ranges::move(last_second_parts(*report.bursts->second, name), std::back_inserter(parts));
  }
  return parts;
}

void add_news(std::vector<std::string>& lines, const Report& report, std::size_t room,
              std::size_t width) {
  constexpr std::size_t kAccount = 28;
  constexpr std::size_t kMostOfBursts = 2;
  std::vector<std::string> news = packed(scarce_parts(report), width);
  if (report.bursts) {
    std::vector<std::string> notes;
    for (const auto* some : {&report.bursts->under_way, &report.bursts->latest}) {
      for (const BurstNote& note : *some) {
        notes.push_back(burst_note_words(note, kAccount));
      }
    }
    notes = packed(notes, width);
    notes.resize(std::min(notes.size(), kMostOfBursts));
    std::ranges::move(notes, std::back_inserter(news));
  }
  news.resize(std::min(news.size(), room));
  std::ranges::move(news, std::back_inserter(lines));
}

// A line each; a burst only where it is new or goes on.
std::vector<std::string> plain_news(const Report& report) {
  std::vector<std::string> lines = credit_parts(report.credits);
  if (!report.bursts) {
    return lines;
  }
  lines.push_back(burst_count_words(*report.bursts));
  if (report.bursts->second) {
    const auto parts = last_second_parts(*report.bursts->second, true);
    lines.push_back(parts.front() + " " + parts.back());
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
    busiest = std::max(busiest, line.moved.rx_bytes.value + line.moved.tx_bytes.value);
  }
  for (const AccountLine& line : list.lines) {
    lines.push_back(table.row(line, busiest));
  }
  if (list.others) {
    AccountLine others = *list.others;
    others.account = with_count(list);
    lines.push_back(table.row(others, 0));
  }
}

}  // namespace

std::vector<std::string> frame(const Report& report, const ScreenLayout& layout) {
  const std::size_t width = std::max<std::size_t>(layout.columns, 1);
  std::vector<std::string> lines{ends(headline(report), format_clock(report.taken.wall), width)};
  add_interfaces(lines, report, std::max<std::size_t>(layout.rows / 6, 1), width);
  const std::size_t notices = std::min<std::size_t>(report.notices.size(), 3);
  // Not at the cost of the accounts, of which some must be left.
  const std::size_t others = lines.size() + 1 + kLeastAccounts + notices + 1;
  const std::size_t room = layout.rows - std::min(layout.rows, others);
  add_news(lines, report, std::min(room, layout.rows / 6), width);
  const std::size_t fixed = lines.size() + 1 + notices + 1;  // header of the table, notices, footer
  add_table(lines, report, layout, layout.rows > fixed + 1 ? layout.rows - fixed : 1);
  for (std::size_t i = report.notices.size() - notices; i < report.notices.size(); ++i) {
    lines.push_back(coloured(shorten(printable(report.notices[i]), width), "33", layout.colour));
  }
  lines.push_back(ends("q quit   wire bytes, decimal units",
                       "totals since " + day_and_time(report.ledger.since.wall) + ", never reset",
                       width));
  return lines;
}

std::vector<std::string> plain_lines(const Report& report, std::size_t top) {
  const std::string time = format_clock(report.taken.wall) + " ";
  std::vector<std::string> lines{time + headline(report)};
  for (const InterfaceLine& line : report.interfaces) {
    lines.push_back(time + moved(line) + "  " + named(line));
  }
  for (const std::string& line : plain_news(report)) {
    lines.push_back(time + line);
  }
  const Shortlist list = shortlist(report.accounts, top);
  std::vector<AccountLine> accounts = list.lines;
  if (list.others) {
    accounts.push_back(*list.others);
    accounts.back().account = with_count(list);
  }
  for (const AccountLine& line : accounts) {
    lines.push_back(
        time + "  " + printable(line.account) + "  rx " + format_bit_rate(line.rates.rx) + " " +
        format_packet_rate(line.rates.rx_packets) + " p/s  tx " + format_bit_rate(line.rates.tx) +
        " " + format_packet_rate(line.rates.tx_packets) + " p/s  total rx " +
        format_bytes(line.totals.rx_bytes) + " tx " + format_bytes(line.totals.tx_bytes) +
        (line.connections ? "  conn " + connections_of(line) + " delay " + delay_of(line) : "") +
        (line.exited_ago ? " " + exit_mark(line) : ""));
  }
  return lines;
}

}  // namespace cgtally
