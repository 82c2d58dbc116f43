// SPDX-License-Identifier: Apache-2.0
// Gauges of the network credits, and the allowance counters of ENA's driver.
#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "core/serve/allowance_names.h"
#include "core/serve/metrics/metrics_document.h"

namespace cgtally::serve {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kBitsPerByte = 8;

struct CreditFamily {
  std::string_view name;
  std::string_view help;
  double (*value)(const DirectionCredit& credit);
};

double bytes_per_second(BitRate rate) {
  return static_cast<double>(rate.bits_per_second) / kBitsPerByte;
}

constexpr std::array kCreditFamilies{
    CreditFamily{"cgtally_credit_balance_lo_bytes", "Credits left, at least.",
                 [](const DirectionCredit& one) { return one.balance.lo; }},
    CreditFamily{"cgtally_credit_balance_hi_bytes", "Credits left, at most.",
                 [](const DirectionCredit& one) { return one.balance.hi; }},
    CreditFamily{"cgtally_credit_capacity_lo_bytes", "Credits of a full bucket, at least.",
                 [](const DirectionCredit& one) { return one.capacity.lo; }},
    CreditFamily{"cgtally_credit_capacity_hi_bytes", "Credits of a full bucket, at most.",
                 [](const DirectionCredit& one) { return one.capacity.hi; }},
    CreditFamily{"cgtally_credit_share_lo_ratio", "Balance of the capacity, at least.",
                 [](const DirectionCredit& one) { return one.share.lo; }},
    CreditFamily{"cgtally_credit_share_hi_ratio", "Balance of the capacity, at most.",
                 [](const DirectionCredit& one) { return one.share.hi; }},
    CreditFamily{
        "cgtally_credit_time_to_empty_lo_seconds",
        "Time until the credits are used up, at least, at the rate of the last seconds.",
        [](const DirectionCredit& one) { return one.empty ? one.empty->lo_s : kInfinite; }},
    CreditFamily{"cgtally_credit_time_to_empty_hi_seconds",
                 "Time until the credits are used up, at most, at the rate of the last seconds.",
                 [](const DirectionCredit& one) {
                   return one.empty ? one.empty->hi_s.value_or(kInfinite) : kInfinite;
                 }},
    CreditFamily{"cgtally_credit_baseline_bytes_per_second", "The rate that is always granted.",
                 [](const DirectionCredit& one) { return bytes_per_second(one.terms.baseline); }},
    CreditFamily{"cgtally_credit_burst_bytes_per_second", "The rate that credits pay for.",
                 [](const DirectionCredit& one) { return bytes_per_second(one.terms.burst); }},
};

constexpr std::array kStates{CreditState::none, CreditState::unknown,  CreditState::earning,
                             CreditState::full, CreditState::draining, CreditState::exhausted};
constexpr std::array kVerdicts{AllowanceVerdict::quiet, AllowanceVerdict::sporadic,
                               AllowanceVerdict::sustained};

void write_terms(ExpositionWriter& out, const CreditReport& report) {
  out.family("cgtally_credit_state", MetricType::gauge, "The state of the credits, 1 for one.");
  for (const Direction direction : kCreditOrder) {
    for (const CreditState state : kStates) {
      out.sample({{"direction", direction_name(direction)}, {"state", credit_state_name(state)}},
                 report.directions[direction].state == state);
    }
  }
  out.family("cgtally_credit_basis", MetricType::gauge, "What the capacity is known from.");
  for (const Direction direction : kCreditOrder) {
    out.sample({{"direction", direction_name(direction)},
                {"basis", basis_name(report.directions[direction].capacity_basis)}},
               true);
  }
  out.family("cgtally_instance_info", MetricType::gauge, "The instance whose credits they are.");
  out.sample({{"instance_type", report.instance.name}, {"source", report.instance.source}}, true);
}

// A gauge among them is not a count of packets.
bool counts_packets(AllowanceCounter counter) {
  return counter != AllowanceCounter::conntrack_available;
}

void write_allowances(ExpositionWriter& out, const NodeState& state) {
  if (!state.allowance_totals.empty()) {
    out.family("cgtally_allowance_exceeded_packets", MetricType::counter,
               "Packets queued or dropped over an allowance, since the driver's last reset.");
    for (const AllowanceTotal& one : state.allowance_totals) {
      if (!counts_packets(one.counter)) continue;
      out.sample({{"iface", one.iface}, {"allowance", allowance_short_name(one.counter)}},
                 one.total);
    }
  }
  const auto there = [](const AllowanceSummary& one) { return one.there; };
  if (std::ranges::none_of(state.allowances, there)) return;
  out.family("cgtally_allowance_verdict", MetricType::gauge,
             "The judgement of an allowance counter over the last minute, 1 for one.");
  for (const AllowanceSummary& one : state.allowances) {
    if (!one.there || !counts_packets(one.counter)) continue;
    for (const AllowanceVerdict verdict : kVerdicts) {
      out.sample(
          {{"allowance", allowance_short_name(one.counter)}, {"verdict", verdict_name(verdict)}},
          one.verdict == verdict);
    }
  }
  for (const AllowanceSummary& one : state.allowances) {
    if (!one.there || counts_packets(one.counter)) continue;
    out.family("cgtally_conntrack_allowance_available_connections", MetricType::gauge,
               "Connections that can still be opened.");
    out.sample({}, one.total);
  }
}

}  // namespace

void write_credits(ExpositionWriter& out, const NodeState& state) {
  if (state.credits) {
    for (const CreditFamily& family : kCreditFamilies) {
      out.family(family.name, MetricType::gauge, family.help);
      for (const Direction direction : kCreditOrder) {
        out.sample({{"direction", direction_name(direction)}},
                   family.value(state.credits->directions[direction]));
      }
    }
    write_terms(out, *state.credits);
  }
  write_allowances(out, state);
}

}  // namespace cgtally::serve
