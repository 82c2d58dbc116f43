// SPDX-License-Identifier: Apache-2.0
// Amounts have three digits after the point where hosts' intervals were laid over each other, none
// otherwise.
#include "adapters/csv/comparisons/compared_intervals.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

using compare::Compared;
using compare::Stretch;
using compare::Window;

std::string amount(double value) {
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.3f}", value);
}

// Of the interval, if it is outside of its band in a stretch of that kind.
std::string_view finding(const Compared& compared, std::size_t interval) {
  for (const Stretch& one : compared.stretches) {
    if (interval < one.window.first || interval >= one.window.last) continue;
    switch (one.what) {
      case Stretch::What::missing:
        return "missing";
      case Stretch::What::more:
        return "more";
      case Stretch::What::late:
        return "late";
    }
  }
  return "";
}

std::string row(const compare::Interval& interval, const Compared& compared, std::string_view what,
                std::size_t index) {
  const Window window{index, index + 1};
  const compare::Band band = compare::band_of(compared.all, window);
  RecordWriter row;
  row.add(format_timestamp(interval.begin))
      .add(static_cast<std::uint64_t>((interval.end - interval.begin).count()))
      .add(what)
      .add(amount(compared.all.original(window)))
      .add(fmt::format("{:.3f}", compared.all.expected(window)))
      .add(fmt::format("{:.3f}", band.low))
      .add(fmt::format("{:.3f}", band.high))
      .add(amount(compared.all.seen(window)))
      .add(band.has(compared.all.seen(window)) ? "0" : "1")
      .add(finding(compared, index));
  return std::move(row).line();
}

}  // namespace

std::string compared_header() {
  return "begin,interval_ns,quantity,original,expected,expected_lo,expected_hi,mirror,outside,"
         "finding\n";
}

std::vector<std::string> compared_rows(const compare::CompareReport& report) {
  std::vector<std::string> rows;
  for (std::size_t i = 0; i < report.series.intervals.size(); ++i) {
    const compare::Interval& interval = report.series.intervals[i];
    const bool bytes = report.unit == compare::Unit::bytes;
    rows.push_back(row(interval, report.requests,
                       bytes ? "payload_bytes" : compare::kUnitNames[report.unit], i));
    if (report.payload) rows.push_back(row(interval, *report.payload, "payload_bytes", i));
  }
  return rows;
}

}  // namespace cgtally::csv
