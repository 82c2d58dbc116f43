// SPDX-License-Identifier: Apache-2.0
// What is known of the network credits at one moment, as data: a row of the CSV and a screen are
// both made of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/credits/bucket.h"
#include "core/credits/top_accounts.h"
#include "core/instance/allowance_counters.h"
#include "core/traffic/tcp_stats.h"

namespace cgtally {

struct DirectionCredit {
  Direction way = Direction::tx;
  CreditState state = CreditState::unknown;
  CreditTerms terms;
  BitRate rate;  // in the interval
  BitRate mean;  // of the last seconds, by which it drains
  ByteRange balance;
  ByteRange capacity;
  Basis capacity_basis = Basis::prior;
  std::optional<TimeToEmpty> empty;             // none: it does not drain
  std::optional<Nanoseconds> known_after_rest;  // while the balance is not known
  std::optional<std::uint64_t> exceeded;        // in the reading of the counters of this interval
  AllowanceVerdict verdict = AllowanceVerdict::none;
  TopAccountList who;
  std::vector<std::string> why{};  // the latest evidence, newest last
};

// How the instance was found, and what follows from it.
struct InstanceName {
  std::string name;    // "t4g.micro"; empty where only figures were told
  std::string source;  // "DMI", "IMDS", "told"
  std::string remark;  // "table of 2026-08-02"; may be empty
};

struct CreditReport {
  Moment taken;
  std::string host;
  InstanceName instance;
  std::array<DirectionCredit, 2> ways;  // tx first: that is what is usually scarce
  std::vector<AllowanceSummary> allowances;
  TcpSummary connections;
  bool knows_connections = false;
  std::optional<std::string> larger;  // "t4g.large: baseline 512 Mbit/s"
  std::vector<std::string> notices;   // oldest first
};

// Puts in the verdict of each direction's own counter.
void judge(CreditReport& report, std::vector<AllowanceSummary> allowances);

}  // namespace cgtally
