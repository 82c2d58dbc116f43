// SPDX-License-Identifier: Apache-2.0
// The two shares of the top account are its lower and upper bound.
#include <fmt/core.h>

#include <cmath>

#include "adapters/csv/bursts.h"
#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr std::uint64_t kShareScale = 10'000;

// A number from 0 to 1, with 4 decimals.
std::string share_text(Bytes part, Bytes whole) {
  if (whole.value == 0) return {};
  const double share = static_cast<double>(part.value) / static_cast<double>(whole.value);
  const auto scaled = static_cast<std::uint64_t>(std::llround(share * double{kShareScale}));
  return fmt::format("{}.{:04}", scaled / kShareScale, scaled % kShareScale);
}

}  // namespace

std::string bursts_header() {
  RecordWriter row;
  for (const std::string_view name : kBurstColumns) row.add(name);
  return std::move(row).line();
}

std::string bursts_row(const ExplainedBurst& burst, Nanoseconds wall, const std::string& host,
                       const std::string& account) {
  const Burst& traffic = burst.burst;
  RecordWriter row;
  row.add(format_timestamp(wall))
      .add(static_cast<std::uint64_t>(traffic.start().count()))
      .add(static_cast<std::uint64_t>(traffic.length().count()))
      .add(static_cast<std::uint64_t>(traffic.window.count()))
      .add(host)
      .add(burst.iface)
      .add(direction_name(burst.direction))
      .add(traffic.bytes.value)
      .add(traffic.packets.value)
      .add(traffic.peak_rate().bits_per_second)
      .add(traffic.mean_rate().bits_per_second)
      .add(traffic.threshold.bits_per_second)
      .add(account);
  const BurstShare top = traffic.shares.empty() ? BurstShare{} : traffic.shares.front();
  row.add(traffic.shares.empty() ? "" : share_text(top.least, traffic.bytes))
      .add(traffic.shares.empty() ? "" : share_text(top.most, traffic.bytes));
  row.add_if_known(burst.exceeded)
      .add_if_known(burst.shared_with)
      .add(cause_name(burst.verdict.cause));
  return std::move(row).line();
}

}  // namespace cgtally::csv
