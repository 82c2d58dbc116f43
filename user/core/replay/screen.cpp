// SPDX-License-Identifier: Apache-2.0
// Lines of fixed columns. Means are over the recorded time of the interface, so that a column adds
// up.
#include "core/replay/screen.h"

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

std::string counted(std::size_t count, const std::string& one) {
  return format_count(count) + " " + one + (count == 1 ? "" : "s");
}

std::string header(const ReplayReport& report) {
  const std::string host = report.hosts.size() == 1 ? printable(report.hosts.front())
                                                    : counted(report.hosts.size(), "host");
  const std::string line = format_date_time(report.first_wall) + "  " +
                           format_duration(report.last_wall - report.first_wall) + "  " +
                           counted(report.interfaces.size(), "interface") + "  " +
                           counted(report.rows, "row") + "  " +
                           counted(report.intervals, "interval") + "  ";
  const std::size_t room = line.size() + kHost < kWidth ? kWidth - line.size() : kHost;
  return line + shorten(host, room) + "\n";
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
  return std::to_string(shown / 10) + "." + std::to_string(shown % 10) + " %";
}

std::string interface_line(const InterfaceReplay& interface, bool tx, const std::string& label) {
  const Bytes moved = tx ? interface.moved.tx_bytes : interface.moved.rx_bytes;
  const Bytes named = tx ? interface.named.tx_bytes : interface.named.rx_bytes;
  const Peak& peak = tx ? interface.tx_peak : interface.rx_peak;
  const std::string when = peak.wall > Nanoseconds::zero() ? " at " + format_clock(peak.wall) : "";
  return pad_right(label, kInterface) + (tx ? " tx" : " rx") + pad_left(format_bytes(moved), 10) +
         "  mean " + pad_left(mean(moved, interface.recorded), 6) + "  peak " +
         pad_left(format_bit_rate_short(peak.rate), 6) + " bit/s" + pad_right(when, 13) +
         "  named " + pad_left(share(named, moved), 6) + "\n";
}

// Interfaces of several hosts carry the host in their name.
std::string label(const ReplayReport& report, const std::string& host, const std::string& iface) {
  return shorten(printable(report.hosts.size() > 1 ? host + ":" + iface : iface), kInterface);
}

std::string peak_of(const AccountReplay& account) {
  const bool tx = account.tx_peak.rate >= account.rx_peak.rate;
  return format_bit_rate_short((tx ? account.tx_peak : account.rx_peak).rate) +
         (tx ? " tx" : " rx");
}

std::string state_of(const AccountReplay& account) {
  if (account.lives > 1) return counted(account.lives, "live");
  return account.state == SampleState::exited ? "exited" : "live";
}

std::string columns(const std::string& rx, const std::string& tx, const std::string& peak,
                    const std::string& rx_bytes, const std::string& tx_bytes) {
  return " " + pad_left(rx, kRate) + " " + pad_left(tx, kRate) + " " + pad_left(peak, kPeak) + " " +
         pad_left(rx_bytes, kBytes) + " " + pad_left(tx_bytes, kBytes);
}

std::string account_table(const ReplayReport& report, std::size_t most) {
  const bool several = report.interfaces.size() > 1;
  const std::size_t name_width = kWidth - kNumbers - (several ? 1 + kInterface : 0);
  const auto of_interface = [several](const std::string& text) {
    return several ? " " + pad_right(text, kInterface) : "";
  };
  std::string table = std::string(name_width, ' ') + of_interface("") +
                      columns("MEAN", "bit/s ", "PEAK", "VOLUME", "");
  table = table.substr(0, table.find_last_not_of(' ') + 1) + "\n";
  table += pad_right("ACCOUNT", name_width) + of_interface("IFACE") +
           columns("RX", "TX", "", "RX", "TX") + " STATE\n";
  Traffic others;
  for (std::size_t i = 0; i < report.accounts.size(); ++i) {
    const AccountReplay& account = report.accounts[i];
    if (i >= most) {
      others += account.moved;
      continue;
    }
    table += pad_right(shorten(printable(account.account), name_width), name_width) +
             of_interface(label(report, account.host, account.iface)) +
             columns(mean(account.moved.rx_bytes, account.recorded),
                     mean(account.moved.tx_bytes, account.recorded), peak_of(account),
                     format_bytes(account.moved.rx_bytes), format_bytes(account.moved.tx_bytes)) +
             " " + state_of(account) + "\n";
  }
  if (report.accounts.size() <= most) return table;
  return table + pad_right(counted(report.accounts.size() - most, "other"), name_width) +
         of_interface("") +
         columns("", "", "", format_bytes(others.rx_bytes), format_bytes(others.tx_bytes)) + "\n";
}

std::string finding(const std::string& label, const Observation& found,
                    const std::string& meaning) {
  if (found.count == 0) return {};
  constexpr std::size_t kIndent = kInterface + 1;
  const std::string first =
      (found.count == 1 ? "" : format_count(found.count) + " times, first ") + found.first;
  return pad_right(label, kIndent) + meaning + "\n" + std::string(kIndent, ' ') +
         shorten(printable(first), kWidth - kIndent) + "\n";
}

std::string findings(const ReplayReport& report) {
  return finding("RESET", report.resets,
                 "an account began again at zero, and is counted from there") +
         finding("GAP", report.gaps,
                 "not recorded; rates across it are means over the whole of it") +
         finding("LONG", report.long_intervals,
                 "longer than the usual " + format_duration(report.typical_interval) +
                     ": rates there are means") +
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
    screen += interface_line(interface, false, name) + interface_line(interface, true, "");
  }
  return screen + "\n" + account_table(report, most) + findings(report);
}

}  // namespace cgtally
