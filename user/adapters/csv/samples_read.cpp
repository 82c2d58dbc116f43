// SPDX-License-Identifier: Apache-2.0
// Reads samples from text. Ignores the rate columns: a rate follows from the counters and the time.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>

#include "adapters/csv/rfc4180.h"
#include "adapters/csv/sample_columns.h"
#include "adapters/csv/samples.h"
#include "core/base/timestamp.h"
#include "core/containers/grouping.h"

namespace cgtally::csv {
namespace {

constexpr std::size_t kColumnsRead = static_cast<std::size_t>(Column::rx_bps);
constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
constexpr const char* kWhatToGive = "give a samples CSV as cgtally record writes it";

Error at_line(std::size_t line, const std::string& what, std::string hint) {
  return {.what = fmt::format("line {}: {}", line, what), .hint = std::move(hint)};
}

// The indexes of the columns in this file.
struct Layout {
  std::vector<std::string> header;
  std::array<std::size_t, kColumnNames.size()> at{};  // kNowhere: not in this file
};

// Rates are not looked up; columns that earlier versions did not write may be missing.
Result<Layout> layout_of(const std::vector<std::string>& header) {
  Layout layout{.header = header};
  for (std::size_t column = 0; column < kColumnsRead; ++column) {
    const auto found = std::ranges::find(header, kColumnNames[column]);
    if (found == header.end()) {
      return std::unexpected(at_line(
          1, fmt::format("the header has no column '{}'", kColumnNames[column]), kWhatToGive));
    }
    layout.at[column] = static_cast<std::size_t>(found - header.begin());
  }
  for (auto column = static_cast<std::size_t>(Column::tcp_conns); column < kColumnNames.size();
       ++column) {
    const auto found = std::ranges::find(header, kColumnNames[column]);
    layout.at[column] =
        found == header.end() ? kNowhere : static_cast<std::size_t>(found - header.begin());
  }
  return layout;
}

// The fields of one record by column, for parse(). Remembers the first field that could not be
// read, and returns a default for it, so that parse() checks for an Error once.
class Fields {
 public:
  Fields(const Layout& layout, const RecordReader& record) : layout_(layout), record_(record) {}

  [[nodiscard]] const std::string& text(Column column) const {
    return record_.fields()[layout_.at[static_cast<std::size_t>(column)]];
  }
  std::uint64_t number(Column column) { return whole<std::uint64_t>(column); }
  // None if the field is empty, or if the recording does not have the column.
  std::optional<std::uint64_t> number_if_present(Column column) {
    const bool there = layout_.at[static_cast<std::size_t>(column)] != kNowhere;
    return there && !text(column).empty() ? std::optional(number(column)) : std::nullopt;
  }
  Nanoseconds nanoseconds(Column column) {
    const auto value = whole<std::int64_t>(column);
    const bool good = 0 <= value && value <= kLongest.count();
    if (!good) reject(column, "a number of nanoseconds that is less than 60 years");
    return good ? Nanoseconds{value} : Nanoseconds{};
  }
  std::optional<Nanoseconds> microseconds_if_present(Column column) {
    constexpr std::uint64_t kMost = 1'000'000'000'000'000;  // thirty years
    const auto value = number_if_present(column);
    if (!value) return std::nullopt;
    if (*value > kMost) reject(column, "a number of microseconds");
    return std::chrono::microseconds{std::min(*value, kMost)};
  }
  Nanoseconds time(Column column) {
    const auto value = parse_timestamp(text(column));
    if (!value) reject(column, "a time such as 2026-11-21T11:42:07.000000000Z");
    return value.value_or(Nanoseconds::zero());
  }
  SampleState state(Column column) {
    const std::string& name = text(column);
    if (name == "exited") return SampleState::exited;
    if (name == "reset") return SampleState::reset;
    if (name != "live") reject(column, "live, exited or reset");
    return SampleState::live;
  }
  Traffic traffic(Column first) {
    const auto column = [first](std::size_t offset) {
      return static_cast<Column>(static_cast<std::size_t>(first) + offset);
    };
    return {.rx_bytes = {number(column(0))},
            .rx_packets = {number(column(1))},
            .tx_bytes = {number(column(2))},
            .tx_packets = {number(column(3))}};
  }
  // None if one of them is not there. `delta` is of the same row.
  std::optional<TcpCounts> tcp_counts(const Traffic& delta) {
    const auto rx_connections = number_if_present(Column::rx_connections);
    const auto tx_connections = number_if_present(Column::tx_connections);
    const auto rx_resets = number_if_present(Column::rx_resets);
    const auto tx_resets = number_if_present(Column::tx_resets);
    const auto rx = without_data(Column::rx_data_packets, delta.rx_packets);
    const auto tx = without_data(Column::tx_data_packets, delta.tx_packets);
    if (!rx_connections || !tx_connections || !rx_resets || !tx_resets || !rx || !tx) {
      return std::nullopt;
    }
    return TcpCounts{.rx_connections = *rx_connections,
                     .tx_connections = *tx_connections,
                     .rx_resets = *rx_resets,
                     .tx_resets = *tx_resets,
                     .rx_without_data = *rx,
                     .tx_without_data = *tx};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  template <typename T>
  T whole(Column column) {
    const std::string& digits = text(column);
    T value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc{} || end != digits.data() + digits.size()) {
      reject(column, "a whole number of at most 64 bits");
    }
    return value;
  }
  std::optional<Packets> without_data(Column column, Packets all) {
    const auto with_data = number_if_present(column);
    if (!with_data) return std::nullopt;
    if (*with_data > all.value) reject(column, fmt::format("at most its {} packets", all.value));
    return Packets{all.value - std::min(*with_data, all.value)};
  }
  void reject(Column column, const std::string& expected) {
    if (error_) return;
    error_ =
        at_line(record_.line(),
                fmt::format("{} is '{}', not {}", kColumnNames[static_cast<std::size_t>(column)],
                            text(column), expected),
                "correct or delete that line");
  }

  const Layout& layout_;
  const RecordReader& record_;
  std::optional<Error> error_;
};

// Recordings have 0 for the id of a group, which is no reason all the same.
std::uint64_t id_of(const std::string& account, std::uint64_t written) {
  return written == 0 && is_group_account(account) ? kFirstGroupId : written;
}

Result<Sample> parse(const Layout& layout, const RecordReader& record) {
  if (record.fields().size() != layout.header.size()) {
    return std::unexpected(
        at_line(record.line(),
                fmt::format("{} fields, where the header has {}{}", record.fields().size(),
                            layout.header.size(), record.terminated() ? "" : " (cut off)"),
                "delete that line: the totals of the next rows make up for it"));
  }
  Fields fields(layout, record);
  Sample sample{
      .taken = {.boot = fields.nanoseconds(Column::boot_ns), .wall = fields.time(Column::time)},
      .interval = fields.nanoseconds(Column::interval_ns),
      .host = fields.text(Column::host),
      .ledger = fields.text(Column::ledger),
      .iface = fields.text(Column::iface),
      .cgroup_id = id_of(fields.text(Column::account), fields.number(Column::cgroup_id)),
      .account = fields.text(Column::account),
      .container = fields.text(Column::container),
      .pod = fields.text(Column::pod),
      .k8s_namespace = fields.text(Column::k8s_namespace),
      .state = fields.state(Column::state),
      .totals = fields.traffic(Column::rx_bytes_total),
      .delta = fields.traffic(Column::rx_bytes),
      .tcp_connections = fields.number_if_present(Column::tcp_conns)};
  sample.queue_delay_p99 = fields.microseconds_if_present(Column::queue_delay_us_p99);
  if (const auto again = fields.number_if_present(Column::retrans_bytes)) {
    sample.retransmitted = Bytes{*again};
  }
  const auto tcp = fields.tcp_counts(sample.delta);
  sample.has_tcp_counts = tcp.has_value();
  sample.delta.tcp = tcp.value_or(TcpCounts{});
  if (fields.error()) return std::unexpected(*fields.error());
  return sample;
}

// Reads the rows after the header, up to the first that is wrong.
Result<void> read_rows(RecordReader& record, const Layout& layout, const std::string& name,
                       const OnSample& on_sample) {
  for (;;) {
    auto more = record.next();
    if (!more) return std::unexpected(std::move(more).error().within(name));
    if (!*more) return {};
    if (record.fields() == layout.header) continue;  // recordings joined by cat
    auto sample = parse(layout, record);
    if (!sample) return std::unexpected(std::move(sample).error().within(name));
    if (auto done = on_sample(*sample, record.line()); !done) return done;
  }
}

Result<std::vector<Sample>> collect(std::istream& in, const std::string& name) {
  std::vector<Sample> samples;
  auto done = for_each_sample(in, name, [&samples](const Sample& sample, std::size_t) {
    samples.push_back(sample);
    return Result<void>{};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return samples;
}

}  // namespace

Result<void> for_each_sample(std::istream& in, const std::string& name, const OnSample& on_sample) {
  RecordReader record(in, ',', Origin::ours);
  auto more = record.next();
  if (!more) return std::unexpected(std::move(more).error().within(name));
  if (!*more) return std::unexpected(Error{.what = name + " is empty", .hint = kWhatToGive});
  auto layout = layout_of(record.fields());
  if (!layout) return std::unexpected(std::move(layout).error().within(name));
  return read_rows(record, *layout, name, on_sample);
}

Result<std::vector<Sample>> read_samples(std::istream& in) { return collect(in, "samples"); }

Result<std::vector<Sample>> read_samples(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int code = errno;
    return std::unexpected(
        Error{.what = fmt::format("{}: {}", path, std::generic_category().message(code)),
              .hint = kWhatToGive,
              .code = code});
  }
  return collect(in, path);
}

}  // namespace cgtally::csv
