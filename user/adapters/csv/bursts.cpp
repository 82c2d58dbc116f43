// SPDX-License-Identifier: Apache-2.0
// A share is what the top account had for sure, and what it may have had.
#include <cmath>

#include "adapters/csv/bursts.h"
#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr std::uint64_t kShareScale = 10'000;

// 0 to 1, 4 digits.
std::string share_text(Bytes part, Bytes whole) {
  if (whole.value == 0) return {};
  const double share = static_cast<double>(part.value) / static_cast<double>(whole.value);
  const auto scaled = static_cast<std::uint64_t>(std::llround(share * double{kShareScale}));
  std::string digits = std::to_string(scaled % kShareScale);
  digits.insert(0, 4 - digits.size(), '0');
  return std::to_string(scaled / kShareScale) + "." + digits;
}

}  // namespace

std::string bursts_header() {
  RecordWriter row;
  for (const std::string_view name : kBurstColumns) row.add(name);
  return std::move(row).line();
}

std::string bursts_row(const ExplainedBurst& burst, Nanoseconds wall, const std::string& host,
                       const std::string& account) {
  const Burst& what = burst.burst;
  RecordWriter row;
  row.add(format_timestamp(wall))
      .add(static_cast<std::uint64_t>(what.start().count()))
      .add(static_cast<std::uint64_t>(what.length().count()))
      .add(static_cast<std::uint64_t>(what.window.count()))
      .add(host)
      .add(burst.iface)
      .add(direction_name(burst.direction))
      .add(what.bytes.value)
      .add(what.packets.value)
      .add(what.peak_rate().bits_per_second)
      .add(what.mean_rate().bits_per_second)
      .add(what.threshold.bits_per_second)
      .add(account);
  const BurstShare top = what.shares.empty() ? BurstShare{} : what.shares.front();
  row.add(what.shares.empty() ? "" : share_text(top.least, what.bytes))
      .add(what.shares.empty() ? "" : share_text(top.most, what.bytes));
  row.add_if_known(burst.exceeded)
      .add_if_known(burst.shared_with)
      .add(cause_name(burst.verdict.cause));
  return std::move(row).line();
}

}  // namespace cgtally::csv
