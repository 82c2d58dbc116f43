// SPDX-License-Identifier: Apache-2.0
// NodeState: all that `serve` shows of one moment, as data. It never changes once it is made, so
// that the threads that answer requests need no lock while they write it down.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/groups.h"
#include "core/credits/report.h"
#include "core/instance/allowance_counters.h"
#include "core/lifecycle/row.h"
#include "core/live/report.h"
#include "core/serve/burst_counters.h"
#include "core/serve/end_counters.h"
#include "core/serve/series/series_book.h"
#include "core/traffic/ledger_summary.h"

namespace cgtally::serve {

// Where the counts come from.
enum class Source : std::uint8_t { pinned, private_ledger, replay };
[[nodiscard]] std::string_view source_name(Source source);  // "pinned" "private" "replay"

struct LedgerFacts {
  std::string id;
  LedgerSummary summary;
  std::uint64_t overflow_bytes = 0;
  std::uint64_t map_bytes = 0;  // 0: not known
};

struct KeeperFacts {
  bool up = false;
  Nanoseconds last_active{};  // wall time; zero: never
};

struct ReplayProgress {
  Nanoseconds at{};  // wall times
  Nanoseconds end{};
  bool over = false;
};

struct ProcessFacts {
  Nanoseconds cpu{};
  std::uint64_t resident_bytes = 0;
  Nanoseconds started{};  // wall time
};

struct NumberedBurst {
  std::uint64_t id = 0;
  NamedBurst burst;
};

struct InterfaceCells {
  std::string iface;
  Nanoseconds end{};  // wall time
  Nanoseconds cell{};
  PerDirection<std::vector<std::uint64_t>> bytes;
};

// Empty if the ledger keeps no windows.
struct BurstFigures {
  Nanoseconds window{};
  std::uint64_t last_minute = 0;
  std::uint64_t missed_windows = 0;
  AllowanceVerdict verdict = AllowanceVerdict::none;
  BurstCounts counts;
  std::vector<NumberedBurst> recent;  // newest first
  std::vector<NamedBurst> under_way;
  std::vector<InterfaceCells> last_second;  // busiest first
};

struct NumberedEnd {
  std::uint64_t id = 0;
  lifecycle::Row row;
};

// Only with the pinned ledger.
struct EndFigures {
  std::map<std::string, EndCount> counts;
  std::vector<NumberedEnd> recent;  // newest first
};

struct AllowanceTotal {
  std::string iface;
  AllowanceCounter counter{};
  std::uint64_t total = 0;
};

// One interface with its totals, which InterfaceLine has not.
struct InterfaceFigures {
  InterfaceLine line;
  Traffic totals;
};

struct TcpFigures {
  std::string account;
  ContainerName owner{};
  std::uint64_t connections = 0;
  std::optional<Nanoseconds> queue_delay;
  std::uint64_t retransmitted = 0;  // bytes, since serve began
};

struct NodeState {
  std::string version;
  std::uint32_t abi = 0;
  std::string host;
  Nanoseconds every{};
  Moment taken;
  Nanoseconds interval{};  // measured
  std::uint64_t sequence = 0;
  std::uint64_t page_number = 0;  // of the book's page in `series`
  Source source = Source::pinned;
  LedgerFacts ledger;
  bool counting = true;
  std::optional<KeeperFacts> keeper;
  std::optional<ReplayProgress> replay;
  std::optional<RunCost> cost;  // of a private ledger
  ProcessFacts process;
  SeriesPage series;
  std::vector<InterfaceFigures> interfaces;
  std::map<std::string, Named> named;  // since serve began, by interface
  std::vector<AccountLine> accounts;   // busiest first
  std::vector<TcpFigures> tcp;
  std::optional<BurstFigures> bursts;
  std::optional<CreditReport> credits;
  std::vector<AllowanceTotal> allowance_totals;
  std::vector<AllowanceSummary> allowances;
  std::optional<EndFigures> ends;
  std::vector<std::string> notices;  // oldest first
};

// What the server itself has done, known only when it answers.
struct ServerFacts {
  std::uint64_t connections = 0;
  std::uint64_t refused = 0;
  std::map<unsigned, std::uint64_t> requests;  // by status code
};

}  // namespace cgtally::serve
