// SPDX-License-Identifier: Apache-2.0
// Lines of fixed columns. Means are over the recorded time of the interface, so that a column adds
// up.
#include "core/replay/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kRate = 6;
constexpr std::size_t kPeak = 9;
constexpr std::size_t kBytes = 8;
constexpr std::size_t kState = 8;
constexpr std::size_t kNumbers = 2 * (1 + kRate) + 1 + kPeak + 2 * (1 + kBytes) + 1 + kState;
constexpr std::size_t kInterface = 8;
constexpr std::size_t kHost = 12;

std::string counted(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_count(count), one, count == 1 ? "" : "s");
}

std::string header(const ReplayReport& report) {
  const std::string host = report.hosts.size() == 1 ? printable(report.hosts.front())
                                                    : counted(report.hosts.size(), "host");
  const std::string line =
      fmt::format("{}  {}  {}  {}  {}  ", format_date_time(report.first_wall),
                  format_duration(report.last_wall - report.first_wall),
                  counted(report.interfaces.size(), "interface"), counted(report.rows, "row"),
                  counted(report.intervals, "interval"));
  const std::size_t room = line.size() + kHost < kWidth ? kWidth - line.size() : kHost;
  return fmt::format("{}{}\n", line, shorten(host, room));
}

std::string mean(Bytes bytes, Nanoseconds recorded) {
  const auto value = rate(bytes, recorded);
  return value ? format_bit_rate_short(*value) : "-";
}

// Rounded down: only the whole is 100 %.
std::string share(Bytes part, Bytes whole) {
  if (whole.value == 0) return "-";
  if (part == whole) return "100 %";
  const double tenths =
      std::floor(1000.0 * static_cast<double>(part.value) / static_cast<double>(whole.value));
  const auto shown = std::min<std::uint64_t>(static_cast<std::uint64_t>(tenths), 999);
  return fmt::format("{}.{} %", shown / 10, shown % 10);
}

std::string interface_line(const InterfaceReplay& interface, Direction direction,
                           const std::string& label) {
  const Bytes moved = bytes_of(interface.moved, direction);
  const Bytes named = bytes_of(interface.named, direction);
  const Peak& peak = interface.peaks[direction];
  const std::string when =
      peak.wall > Nanoseconds::zero() ? fmt::format(" at {}", format_clock(peak.wall)) : "";
  return fmt::format("{} {}{:>10}  mean {:>6}  peak {:>6} bit/s{:<13}  named {:>6}\n",
                     pad_right(label, kInterface), direction_name(direction), format_bytes(moved),
                     mean(moved, interface.recorded), format_bit_rate_short(peak.rate), when,
                     share(named, moved));
}

// With several hosts a label is HOST:INTERFACE.
std::string label(const ReplayReport& report, const std::string& host, const std::string& iface) {
  const std::string name = report.hosts.size() > 1 ? fmt::format("{}:{}", host, iface) : iface;
  return shorten(printable(name), kInterface);
}

std::string peak_of(const AccountReplay& account) {
  const auto direction =
      account.peaks.tx.rate >= account.peaks.rx.rate ? Direction::tx : Direction::rx;
  return fmt::format("{} {}", format_bit_rate_short(account.peaks[direction].rate),
                     direction_name(direction));
}

std::string state_of(const AccountReplay& account) {
  if (account.lives > 1) return counted(account.lives, "live");
  return account.state == SampleState::exited ? "exited" : "live";
}

struct Figures {
  std::string_view rx_mean, tx_mean, peak, rx_bytes, tx_bytes;
};

std::string columns(const Figures& figures) {
  return fmt::format(" {:>{}} {:>{}} {:>{}} {:>{}} {:>{}}", figures.rx_mean, kRate, figures.tx_mean,
                     kRate, figures.peak, kPeak, figures.rx_bytes, kBytes, figures.tx_bytes,
                     kBytes);
}

std::string columns_of(const AccountReplay& account) {
  return columns({.rx_mean = mean(account.moved.rx_bytes, account.recorded),
                  .tx_mean = mean(account.moved.tx_bytes, account.recorded),
                  .peak = peak_of(account),
                  .rx_bytes = format_bytes(account.moved.rx_bytes),
                  .tx_bytes = format_bytes(account.moved.tx_bytes)});
}

// The accounts: those after the first `most` are summed up in a last line.
class AccountRows {
 public:
  AccountRows(const ReplayReport& report, std::size_t most)
      : report_(report),
        most_(most),
        several_(report.interfaces.size() > 1),
        name_width_(kWidth - kNumbers - (several_ ? 1 + kInterface : 0)) {}

  [[nodiscard]] std::string text() const {
    std::string text = heading();
    const std::size_t shown = std::min(most_, report_.accounts.size());
    std::vector<std::string> names;
    std::vector<std::string> accounts;
    for (std::size_t i = 0; i < shown; ++i) {
      const AccountReplay& one = report_.accounts[i];
      names.push_back(printable(one.label.empty() ? one.account : one.label));
      accounts.push_back(one.account);
    }
    names = shorten_all(names, accounts, std::vector(names.size(), name_width_));
    for (std::size_t i = 0; i < shown; ++i) text += row(report_.accounts[i], names[i]);
    if (shown < report_.accounts.size()) text += others(shown);
    return text;
  }

 private:
  [[nodiscard]] std::string heading() const {
    std::string first = line("", "", columns({"MEAN", "bit/s ", "PEAK", "VOLUME", ""}));
    first.resize(first.find_last_not_of(' ') + 1);
    return fmt::format("{}\n{} STATE\n", first,
                       line("ACCOUNT", "IFACE", columns({"RX", "TX", "", "RX", "TX"})));
  }
  [[nodiscard]] std::string row(const AccountReplay& account, const std::string& name) const {
    return fmt::format("{} {}\n",
                       line(name, label(report_, account.host, account.iface), columns_of(account)),
                       state_of(account));
  }
  [[nodiscard]] std::string others(std::size_t from) const {
    Traffic sum;
    for (std::size_t i = from; i < report_.accounts.size(); ++i) sum += report_.accounts[i].moved;
    const std::string rx_bytes = format_bytes(sum.rx_bytes);
    const std::string tx_bytes = format_bytes(sum.tx_bytes);
    return line(counted(report_.accounts.size() - from, "other"), "",
                columns({"", "", "", rx_bytes, tx_bytes})) +
           "\n";
  }
  [[nodiscard]] std::string line(std::string_view account, std::string_view iface,
                                 std::string_view figures) const {
    const std::string interface = several_ ? " " + pad_right(iface, kInterface) : "";
    return fmt::format("{}{}{}", pad_right(account, name_width_), interface, figures);
  }

  const ReplayReport& report_;
  std::size_t most_;
  bool several_;
  std::size_t name_width_;
};

std::string finding(std::string_view label, const Observation& found, std::string_view meaning) {
  if (found.count == 0) return {};
  constexpr std::size_t kIndent = kInterface + 1;
  const std::string times =
      found.count == 1 ? "" : fmt::format("{} times, first ", format_count(found.count));
  return fmt::format("{:<{}}{}\n{:{}}{}\n", label, kIndent, meaning, "", kIndent,
                     shorten(printable(times + found.first), kWidth - kIndent));
}

std::string findings(const ReplayReport& report) {
  return finding("RESET", report.resets,
                 "an account began again at zero, and is counted from there") +
         finding("GAP", report.gaps,
                 "not recorded; rates across it are means over the whole of it") +
         finding("LONG", report.long_intervals,
                 fmt::format("longer than the usual {}: rates there are means",
                             format_duration(report.typical_interval))) +
         finding("FILTERED", report.no_kernel_row,
                 "no (kernel) row: rows were taken out, or the interface had gone") +
         finding("LEDGER", report.ledgers,
                 "the totals began again in a new ledger; its first interval tells") +
         finding("OVERLAP", report.overlaps,
                 "two ledgers counted at the same time: their traffic is here twice") +
         finding("DISAGREE", report.disagreements,
                 "interval columns that the totals contradict; the totals were used");
}

}  // namespace

std::string replay_screen(const ReplayReport& report, std::size_t most) {
  std::string screen = header(report);
  for (const InterfaceReplay& interface : report.interfaces) {
    const std::string name = label(report, interface.host, interface.iface);
    screen += interface_line(interface, Direction::rx, name);
    screen += interface_line(interface, Direction::tx, "");
  }
  return fmt::format("{}\n{}{}", screen, AccountRows(report, most).text(), findings(report));
}

}  // namespace cgtally
