// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/nodes.h"

#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

std::string time_if_known(const std::optional<Nanoseconds>& wall) {
  return wall ? format_timestamp(*wall) : "";
}

std::string seconds_if_known(const std::optional<double>& seconds) {
  return seconds ? fmt::format("{:.3f}", *seconds) : "";
}

// Bounds are rounded outwards, so that the true value stays inside.
void add_range(RecordWriter& row, const ByteRange& range) {
  row.add(fmt::format("{:.0f}", std::floor(range.lo)));
  row.add(range.bounded() ? fmt::format("{:.0f}", std::ceil(range.hi)) : "");
}

}  // namespace

std::string nodes_header() {
  return "node,direction,state,exhaustions,exhausted_s,first_exhausted,full_until,lowest_lo_bytes,"
         "lowest_hi_bytes,balance_lo_bytes,balance_hi_bytes,empty_in_lo_s,empty_in_hi_s,first,"
         "last\n";
}

std::string nodes_row(const NodeRow& node) {
  RecordWriter row;
  row.add(node.name)
      .add(direction_name(node.direction))
      .add(credit_state_name(node.state))
      .add(static_cast<std::uint64_t>(node.history.exhaustions))
      .add(seconds_if_known(std::chrono::duration<double>(node.history.exhausted).count()))
      .add(time_if_known(node.history.first_wall))
      .add(time_if_known(node.history.full_until));
  add_range(row, node.history.lowest.value_or(node.balance));
  add_range(row, node.balance);
  row.add(seconds_if_known(node.empty ? std::optional(node.empty->lo_s) : std::nullopt))
      .add(seconds_if_known(node.empty ? node.empty->hi_s : std::nullopt))
      .add(format_timestamp(node.begin))
      .add(format_timestamp(node.end));
  return std::move(row).line();
}

}  // namespace cgtally::csv
