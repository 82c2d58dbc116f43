// SPDX-License-Identifier: Apache-2.0
// The state of the network credits at one moment, as data. The screen, the lines of text and the
// CSV rows are all made of a CreditReport; Credits fills in each direction.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/credits/bucket.h"
#include "core/credits/top_accounts.h"
#include "core/instance/allowance_counters.h"
#include "core/traffic/direction.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally {

// The order on screens and in CSVs: sent traffic first, since it is what usually runs short.
inline constexpr std::array<Direction, 2> kCreditOrder{Direction::tx, Direction::rx};

struct DirectionCredit {
  Direction direction = Direction::tx;
  CreditState state = CreditState::unknown;
  CreditTerms terms;
  BitRate rate;  // in this interval
  BitRate mean;  // of the last seconds; the time to empty is calculated from it
  ByteRange balance;
  ByteRange capacity;
  ShareRange share;  // of the balance in the capacity
  Basis capacity_basis = Basis::prior;
  bool perhaps_empty = false;        // see Bucket::perhaps_empty()
  double plateau_s = 0;              // the length of the plateau that the state follows from
  std::optional<TimeToEmpty> empty;  // std::nullopt: not draining
  std::optional<Nanoseconds> known_after_rest;  // see Bucket::known_after_rest()
  std::optional<std::uint64_t> exceeded;  // gain of the allowance counter, if read in this interval
  AllowanceVerdict verdict = AllowanceVerdict::none;
  TopAccountList top_accounts;
  bool recorded = true;  // its traffic was measured in this interval
  bool watched = true;   // false: the recording has no figures of it, so there is nothing to show
  std::vector<std::string> evidence{};  // newest last
};

// The instance's name and where it is from.
struct InstanceName {
  std::string name;    // "t4g.micro"; empty if only figures were given
  std::string source;  // "DMI", "IMDS", "TOLD"
  std::string remark;  // "table of 2026-08-02"; may be empty
};

struct CreditReport {
  Moment taken;
  std::string host;
  InstanceName instance;
  PerDirection<DirectionCredit> directions;  // show them in kCreditOrder
  std::vector<AllowanceSummary> allowances;
  TcpSummary connections;
  bool knows_connections = false;
  bool has_counters = true;  // false: figures of another monitor, which reads no allowance counters
  std::optional<std::string> larger;  // "t4g.large: baseline 512 Mbit/s"
  std::vector<std::string> notices;   // oldest first
};

// Sets the report's allowances, and in each direction the verdict of that direction's own counter.
void set_allowances(CreditReport& report, std::vector<AllowanceSummary> allowances);

}  // namespace cgtally
