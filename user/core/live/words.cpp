// SPDX-License-Identifier: Apache-2.0
#include "core/live/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally {
namespace {

// "91 %"; what is there is never "0 %", and only the whole "100 %".
std::string whole_percent(const std::optional<double>& share) {
  if (!share) return "-";
  if (*share > 0 && *share < 0.01) return "<1 %";
  const long rounded = std::lround(*share * 100);
  return fmt::format("{} %", *share < 1 ? std::min(rounded, 99L) : rounded);
}

}  // namespace

std::string headline(const Report& report) {
  return fmt::format("{}  every {}  ledger up {}  slots {}/{}", printable(report.host),
                     format_duration(report.every),
                     format_duration(report.taken.boot - report.ledger.since.boot),
                     report.ledger.slots_used, report.ledger.slots_total);
}

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

std::string owner_words(const OwnerShares& owners) {
  const auto both = [](const Named& shares) {
    return fmt::format("rx {} tx {}", whole_percent(shares.rx), whole_percent(shares.tx));
  };
  return fmt::format("{} {}  host {}  unnamed {}", owners.pods ? "pods" : "containers",
                     both(owners.containers), both(owners.host), both(owners.unnamed));
}

std::string exit_mark(const AccountLine& line) {
  if (!line.exited_ago) return {};
  const auto ago = std::chrono::floor<std::chrono::seconds>(*line.exited_ago);
  if (ago < std::chrono::minutes{1}) return fmt::format(" exited {}s", ago.count());
  return fmt::format(" exited {}", format_duration(ago));
}

std::string connections_words(const AccountLine& line) {
  return line.connections ? format_count(*line.connections) : "-";
}

std::string delay_words(const AccountLine& line) {
  return line.queue_delay ? format_duration(*line.queue_delay) : "-";
}

std::vector<std::string> names_of(const std::vector<AccountLine>& lines,
                                  const std::vector<std::size_t>& widths) {
  std::vector<std::string> names;
  std::vector<std::string> accounts;
  for (const AccountLine& line : lines) {
    names.push_back(printable(line.shown()));
    accounts.push_back(line.account);
  }
  return shorten_all(names, accounts, widths);
}

}  // namespace cgtally
