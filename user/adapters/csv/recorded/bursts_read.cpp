// SPDX-License-Identifier: Apache-2.0
#include <expected>
#include <vector>

#include "adapters/csv/bursts.h"
#include "adapters/csv/recorded/column_reader.h"
#include "adapters/csv/recorded/recorded.h"

namespace cgtally::csv {
namespace {

report::RecordedBurst burst_from(ColumnReader& row) {
  report::RecordedBurst burst{.wall = row.time("time"),
                              .length = row.nanoseconds("duration_ns"),
                              .host = row.text("host"),
                              .iface = row.text("iface"),
                              .direction = Direction::tx,
                              .bytes = {row.number("bytes")},
                              .packets = {row.number("packets")},
                              .peak = {row.number("peak_bps")},
                              .threshold = {row.number("threshold_bps")},
                              .account = row.text("top_account"),
                              .share = row.share("top_share"),
                              .exceeded = row.number_if_known("exceeded"),
                              .cause = row.text("cause")};
  if (row.text("direction") == direction_name(Direction::rx)) burst.direction = Direction::rx;
  return burst;
}

}  // namespace

bool is_bursts_header(const std::string& line) {
  const std::string header = bursts_header();
  return line.starts_with(header.substr(0, header.size() - 1));
}

Result<void> for_each_burst(std::istream& in, const std::string& name, const OnBurst& on_burst) {
  auto rows = ColumnReader::open(in, name, "give a CSV as cgtally bursts --csv writes it");
  if (!rows) return std::unexpected(std::move(rows).error());
  if (auto all = rows->need({kBurstColumns.begin(), kBurstColumns.end()}); !all) return all;
  for (;;) {
    auto more = rows->next();
    if (!more) return std::unexpected(std::move(more).error());
    if (!*more) return {};
    const report::RecordedBurst burst = burst_from(*rows);
    if (auto good = rows->good(); !good) return good;
    on_burst(burst);
  }
}

}  // namespace cgtally::csv
