// SPDX-License-Identifier: Apache-2.0
// The content of `live`'s screen for one interval, as data: how much each account moved, and how
// much of each interface's traffic is named. screen.h decides how it looks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/bursts/history.h"
#include "core/credits/report.h"
#include "core/traffic/direction.h"
#include "core/traffic/ledger_summary.h"
#include "core/traffic/sample.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally {

// Traffic of one interval as rates over the measured time.
struct Rates {
  BitRate rx;
  BitRate tx;
  PacketRate rx_packets;
  PacketRate tx_packets;
  PacketRate connections{};  // that were asked for, in both directions
  PacketRate resets{};       // likewise
};
[[nodiscard]] Rates rates(const Traffic& traffic, Nanoseconds elapsed);

struct AccountLine {
  std::string account;
  std::string label{};  // as people call it; empty: the account itself
  Traffic moved;        // in the interval
  Rates rates;
  Traffic totals;
  std::optional<Nanoseconds> exited_ago;
  std::optional<std::uint64_t> connections = std::nullopt;  // empty: not known, or a reason
  std::optional<Nanoseconds> queue_delay = std::nullopt;    // p99

  ContainerName owner{};

  [[nodiscard]] const std::string& shown() const { return label.empty() ? account : label; }
};

// Fills the lines' connections; if `complete`, an account that is missing has none.
void add_connections(std::vector<AccountLine>& lines,
                     const std::map<std::string, TcpSummary>& by_account, bool complete);

// The share of an interface's bytes that is on cgroups; empty without traffic.
using Named = PerDirection<std::optional<double>>;

// Whose an interface's bytes are, in shares of all; empty without traffic.
struct OwnerShares {
  Named containers;   // of pods and other containers, also of those whose name is not known
  Named host;         // of other cgroups: units, sessions, machines' own services
  Named unnamed;      // on a reason
  bool pods = false;  // Kubernetes' among the containers
};

struct InterfaceLine {
  std::string name;
  Traffic moved;
  Rates rates;
  Named named;
  std::optional<OwnerShares> owners;  // only once a container has moved anything there
  std::optional<double> seen;  // share of the device's own count that we counted; empty: unknown
};

struct Report {
  std::string host;
  Nanoseconds every{};
  Moment taken;
  LedgerSummary ledger;
  std::vector<InterfaceLine> interfaces;
  std::vector<DirectionCredit> credits;  // tx first; empty: the instance's terms are not known
  std::optional<BurstPanel> bursts;      // empty: no windows are kept
  std::vector<AccountLine> accounts;     // busiest first
  std::vector<std::string> notices;      // oldest first
};

// Adds up the samples of an interface, those of cgroups and all. The tables and the summary at the
// end of a run use it.
class NamedShare {
 public:
  void add(const Sample& sample);
  [[nodiscard]] Named named() const;
  [[nodiscard]] const Traffic& all() const { return all_; }

 private:
  Traffic all_;
  Traffic cgroups_;
};

// Adds up the samples of an interface by what their owners are. AccountTable has one for each.
class OwnerSums {
 public:
  void add(const Sample& sample);
  [[nodiscard]] OwnerShares shares() const;
  [[nodiscard]] bool any_container() const { return !containers_.empty(); }

 private:
  Traffic all_;
  Traffic containers_;
  Traffic unnamed_;
  bool pods_ = false;
};

// The accounts and interfaces that `live` shows. It remembers accounts, so that an idle one keeps
// its line, and adds up their totals from samples; it reads no ledger.
class AccountTable {
 public:
  // Accounts that have ended are shown for `keep_exited`, then forgotten.
  explicit AccountTable(Nanoseconds keep_exited = std::chrono::seconds{30})
      : keep_exited_(keep_exited) {}

  // Adds the samples of one interval; an account that is not in them has moved nothing.
  void add(const std::vector<Sample>& samples, const Moment& now);
  [[nodiscard]] std::vector<InterfaceLine> interfaces() const;
  // Busiest first; idle accounts by their totals, then by name.
  [[nodiscard]] std::vector<AccountLine> accounts() const;

 private:
  struct Entry {
    AccountLine line;
    std::set<std::string> seen_on;     // interfaces whose earlier totals are in the line's already
    std::optional<Nanoseconds> ended;  // boot time
  };
  void add_account(const Sample& sample);

  Nanoseconds keep_exited_;
  Moment now_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, InterfaceLine> interfaces_;
  std::set<std::string> with_containers_;  // interfaces that show whose their bytes are
};

struct Shortlist {
  std::vector<AccountLine> lines;
  std::optional<AccountLine> others;  // the rest, added up
  std::size_t other_count = 0;
};
// The first `most` lines, and what is beyond them as one.
[[nodiscard]] Shortlist shortlist(const std::vector<AccountLine>& lines, std::size_t most);

}  // namespace cgtally
