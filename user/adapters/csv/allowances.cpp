// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/allowances.h"

#include <fmt/format.h>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {

std::string allowances_header() {
  RecordWriter row;
  for (const char* name : {"time", "boot_ns", "interval_ns", "host", "iface", "counter", "delta",
                           "total", "share_of_packets"}) {
    row.add(name);
  }
  return std::move(row).line();
}

std::string allowances_row(const std::string& host, const Moment& taken, Nanoseconds interval,
                           const AllowanceStep& step) {
  const bool gauge = step.counter == AllowanceCounter::conntrack_available;
  RecordWriter row;
  row.add(format_timestamp(taken.wall))
      .add(static_cast<std::uint64_t>(taken.boot.count()))
      .add(static_cast<std::uint64_t>(interval.count()))
      .add(host)
      .add(step.iface)
      .add(allowance_name(step.counter))
      .add(gauge ? std::string() : std::to_string(step.delta))
      .add(step.total)
      .add(step.share_of_packets ? fmt::format("{:.4f}", *step.share_of_packets) : std::string());
  return std::move(row).line();
}

}  // namespace cgtally::csv
