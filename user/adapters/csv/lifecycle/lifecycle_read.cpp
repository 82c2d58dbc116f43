// SPDX-License-Identifier: Apache-2.0
// The tail, the ends and the delay are computed again from the rows, so they are not read.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <expected>
#include <optional>
#include <system_error>
#include <vector>

#include "adapters/csv/lifecycle/columns.h"
#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

using lifecycle::Row;

Error at_life_line(const std::string& name, std::size_t line, const std::string& what) {
  return {.what = fmt::format("{}: line {}: {}", name, line, what),
          .hint = "give a CSV as cgtally lifecycle --csv writes it"};
}

using LifeLayout = std::array<std::size_t, kLifeColumnNames.size()>;

// The fields of one record. Remembers the first one that could not be read.
class LifeFields {
 public:
  LifeFields(const LifeLayout& layout, const std::vector<std::string>& fields)
      : layout_(layout), fields_(fields) {}

  [[nodiscard]] const std::string& text(LifeColumn column) const {
    return fields_[layout_.at(static_cast<std::size_t>(column))];
  }
  [[nodiscard]] bool empty(LifeColumn column) const { return text(column).empty(); }
  std::uint64_t number(LifeColumn column) { return whole<std::uint64_t>(column); }
  Nanoseconds nanoseconds(LifeColumn column) {
    const auto value = whole<std::int64_t>(column);
    const bool good = 0 <= value && value <= kLongest.count();
    if (!good) reject(column, "a number of nanoseconds that is less than 60 years");
    return good ? Nanoseconds{value} : Nanoseconds{};
  }
  // Before 0: a first late packet may have come before the end was seen.
  std::optional<Nanoseconds> offset_if_known(LifeColumn column) {
    if (empty(column)) return {};
    const auto value = whole<std::int64_t>(column);
    const bool good = -kLongest.count() <= value && value <= kLongest.count();
    if (!good) reject(column, "a number of nanoseconds that is less than 60 years, either way");
    return Nanoseconds{good ? value : 0};
  }
  std::optional<Nanoseconds> nanoseconds_if_known(LifeColumn column) {
    return empty(column) ? std::nullopt : std::optional(nanoseconds(column));
  }
  Nanoseconds time(LifeColumn column) {
    const auto value = parse_timestamp(text(column));
    if (!value) reject(column, "a time such as 2026-11-21T11:42:07.000000000Z");
    return value.value_or(Nanoseconds{});
  }
  // True if the text is `yes`, false if it is `no`.
  bool is(LifeColumn column, std::string_view yes, std::string_view no) {
    if (text(column) != yes && text(column) != no) reject(column, fmt::format("{} or {}", yes, no));
    return text(column) == yes;
  }
  [[nodiscard]] const std::optional<std::string>& wrong() const { return wrong_; }

 private:
  template <typename T>
  T whole(LifeColumn column) {
    const std::string& digits = text(column);
    T value = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, code] = std::from_chars(digits.data(), last, value);
    if (code != std::errc{} || end != last) reject(column, "a whole number of at most 64 bits");
    return value;
  }
  void reject(LifeColumn column, const std::string& expected) {
    if (wrong_) return;
    wrong_ =
        fmt::format("{} is '{}', not {}", kLifeColumnNames.at(static_cast<std::size_t>(column)),
                    text(column), expected);
  }

  const LifeLayout& layout_;
  const std::vector<std::string>& fields_;
  std::optional<std::string> wrong_;
};

// What has data, and what has none.
Packets without_data(Packets packets, std::uint64_t with) {
  return Packets{packets.value - std::min(packets.value, with)};
}

std::optional<Traffic> totals_from(LifeFields& fields) {
  if (fields.empty(LifeColumn::rx_bytes_total)) return std::nullopt;
  Traffic totals{.rx_bytes = Bytes{fields.number(LifeColumn::rx_bytes_total)},
                 .rx_packets = Packets{fields.number(LifeColumn::rx_packets_total)},
                 .tx_bytes = Bytes{fields.number(LifeColumn::tx_bytes_total)},
                 .tx_packets = Packets{fields.number(LifeColumn::tx_packets_total)}};
  TcpCounts& tcp = totals.tcp;
  tcp.rx_connections = fields.number(LifeColumn::rx_connections_total);
  tcp.tx_connections = fields.number(LifeColumn::tx_connections_total);
  tcp.rx_resets = fields.number(LifeColumn::rx_resets_total);
  tcp.tx_resets = fields.number(LifeColumn::tx_resets_total);
  tcp.rx_without_data =
      without_data(totals.rx_packets, fields.number(LifeColumn::rx_data_packets_total));
  tcp.tx_without_data =
      without_data(totals.tx_packets, fields.number(LifeColumn::tx_data_packets_total));
  return totals;
}

std::optional<lifecycle::Tail> tail_from(LifeFields& fields, LifeColumn first, LifeColumn last) {
  if (fields.empty(last)) return std::nullopt;
  return lifecycle::Tail{.first = fields.offset_if_known(first),
                         .last = fields.offset_if_known(last).value_or(Nanoseconds{})};
}

std::optional<lifecycle::InsidePod> pod_from(LifeFields& fields) {
  if (fields.empty(LifeColumn::pod_state)) return std::nullopt;
  lifecycle::InsidePod pod;
  pod.state = fields.text(LifeColumn::pod_state);
  pod.refusals_known = !fields.empty(LifeColumn::refused);
  if (pod.refusals_known) {
    pod.refused = fields.number(LifeColumn::refused);
    pod.refused_before = fields.number(LifeColumn::refused_before);
    pod.resets = fields.number(LifeColumn::pod_resets);
  }
  pod.tail = tail_from(fields, LifeColumn::refused_first_ns, LifeColumn::refused_last_ns);
  pod.siblings = fields.number(LifeColumn::siblings);
  pod.names = fields.text(LifeColumn::sibling_names);
  pod.traffic.rx_bytes.value = fields.number(LifeColumn::sibling_rx_bytes);
  pod.traffic.tx_bytes.value = fields.number(LifeColumn::sibling_tx_bytes);
  pod.traffic.tcp.rx_connections = fields.number(LifeColumn::sibling_rx_connections);
  pod.traffic.rx_packets.value = fields.number(LifeColumn::sibling_rx_data_packets);
  pod.quiet = fields.nanoseconds_if_known(LifeColumn::pod_quiet_ns);
  return pod;
}

void read_end(LifeFields& fields, Row& row) {
  row.lived = fields.nanoseconds_if_known(LifeColumn::lived_ns);
  row.totals = totals_from(fields);
  row.late.packets.value = fields.number(LifeColumn::late_packets);
  row.late.payload.value = fields.number(LifeColumn::late_payload_bytes);
  row.late.connections = fields.number(LifeColumn::late_connections);
  row.late.resets = fields.number(LifeColumn::late_resets);
  row.late.tail = tail_from(fields, LifeColumn::late_first_ns, LifeColumn::late_last_ns);
  row.pod = pod_from(fields);
  row.extent = fields.is(LifeColumn::extent, "complete", "so far") ? lifecycle::Extent::complete
                                                                   : lifecycle::Extent::so_far;
}

Row row_from(LifeFields& fields) {
  Row row;
  row.at = {.boot = fields.nanoseconds(LifeColumn::boot_ns), .wall = fields.time(LifeColumn::time)};
  row.host = fields.text(LifeColumn::host);
  row.ledger = fields.text(LifeColumn::ledger);
  row.event = fields.is(LifeColumn::event, "begun", "ended") ? lifecycle::Event::begun
                                                             : lifecycle::Event::ended;
  row.cgroup_id = fields.number(LifeColumn::cgroup_id);
  row.account = fields.text(LifeColumn::account);
  row.owner = {.container = fields.text(LifeColumn::container),
               .pod = fields.text(LifeColumn::pod),
               .k8s_namespace = fields.text(LifeColumn::k8s_namespace)};
  row.name = fields.text(LifeColumn::name);
  if (row.event == lifecycle::Event::ended) read_end(fields, row);
  return row;
}

Result<LifeLayout> life_layout_of(const std::vector<std::string>& header, const std::string& name) {
  LifeLayout layout{};
  for (std::size_t column = 0; column < kLifeColumnNames.size(); ++column) {
    const auto found = std::ranges::find(header, kLifeColumnNames.at(column));
    if (found == header.end()) {
      return std::unexpected(at_life_line(
          name, 1, fmt::format("the header has no column '{}'", kLifeColumnNames.at(column))));
    }
    layout.at(column) = static_cast<std::size_t>(found - header.begin());
  }
  return layout;
}

// The error is the message's end.
std::expected<Row, std::string> parse_life(const LifeLayout& layout, const RecordReader& record,
                                           std::size_t columns) {
  if (record.fields().size() != columns) {
    return std::unexpected(fmt::format("{} fields, where the header has {}{}",
                                       record.fields().size(), columns,
                                       record.terminated() ? "" : " (cut off)"));
  }
  LifeFields fields(layout, record.fields());
  Row row = row_from(fields);
  if (fields.wrong()) return std::unexpected(*fields.wrong());
  return row;
}

}  // namespace

bool is_lifecycle_header(const std::string& line) {
  const std::string ours = lifecycle_header();
  return line.starts_with(ours.substr(0, ours.size() - 1));
}

Result<void> for_each_lifecycle_row(std::istream& in, const std::string& name,
                                    const OnLifecycleRow& on_row) {
  RecordReader record(in, ',', Origin::ours);
  std::optional<LifeLayout> layout;
  std::vector<std::string> header;
  while (true) {
    auto more = record.next();
    if (!more) return std::unexpected(std::move(more).error().within(name));
    if (!*more) break;
    if (!layout) {
      auto found = life_layout_of(record.fields(), name);
      if (!found) return std::unexpected(std::move(found).error());
      layout = *found;
      header = record.fields();
      continue;
    }
    if (record.fields() == header) continue;  // recordings joined by cat
    const auto row = parse_life(*layout, record, header.size());
    if (!row) return std::unexpected(at_life_line(name, record.line(), row.error()));
    if (auto taken = on_row(*row); !taken) return taken;
  }
  return {};
}

}  // namespace cgtally::csv
