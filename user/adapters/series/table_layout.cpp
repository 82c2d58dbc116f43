// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/table_layout.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "adapters/series/common/names.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"
#include "core/series/times.h"

namespace cgtally::series {
namespace {

struct SarColumn {
  std::string_view name;
  Direction direction;
  std::string_view unit;
};
// sar's kB are 1024 bytes (sar(1)); versions before 8 wrote bytes.
constexpr std::array<SarColumn, 4> kSarColumns{{{"rxkB/s", Direction::rx, "KiB/s"},
                                                {"txkB/s", Direction::tx, "KiB/s"},
                                                {"rxbyt/s", Direction::rx, "B/s"},
                                                {"txbyt/s", Direction::tx, "B/s"}}};

Error usage_of(const std::string& file, std::string what, std::string hint) {
  return usage_error(fmt::format("{}: {}", file, what), std::move(hint));
}

// Resolves names to columns of one header.
class Columns {
 public:
  Columns(const std::vector<std::string>& header, const std::string& file)
      : header_(header), file_(file) {}

  // std::nullopt: there is none of that name.
  [[nodiscard]] Result<std::optional<std::size_t>> find(const std::string& name) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (header_[i] != name) continue;
      if (found) return std::unexpected(twice(name, *found, i));
      found = i;
    }
    return found;
  }

  // The only column of one of these names, in any case of letters.
  template <typename Names>
  [[nodiscard]] Result<std::optional<std::size_t>> find_any(
      const Names& names,
      std::string_view hint = "give one of them another name in the first line") const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (std::ranges::find(names, lower(header_[i])) == std::ranges::end(names)) continue;
      if (found && lower(header_[*found]) != lower(header_[i])) {
        return std::unexpected(
            usage_of(file_,
                     fmt::format("columns {} and {} may both be meant", printable(header_[*found]),
                                 printable(header_[i])),
                     std::string(hint)));
      }
      if (found) return std::unexpected(twice(header_[i], *found, i));
      found = i;
    }
    return found;
  }

  [[nodiscard]] Error missing(const std::string& name) const {
    return usage_of(file_, fmt::format("there is no column {}", printable(name)),
                    fmt::format("the columns are {}", listed(header_)));
  }

 private:
  [[nodiscard]] Error twice(const std::string& name, std::size_t a, std::size_t b) const {
    return usage_of(file_,
                    fmt::format("line 1: two columns are called {}, the {}. and the {}.",
                                printable(name), a + 1, b + 1),
                    "give each column a name of its own in the first line");
  }

  const std::vector<std::string>& header_;
  const std::string& file_;
};

// True if the first line looks like a row.
bool lacks_header(const std::vector<std::string>& fields) {
  return std::ranges::any_of(fields, [](const std::string& field) {
    return !field.empty() && parse_series_time(field).has_value();
  });
}

Result<std::size_t> time_column(const Columns& columns, const std::vector<std::string>& header,
                                const ReadOptions& options) {
  static constexpr std::array<std::string_view, 11> kNames{
      "time",       "timestamp", "date",  "datetime", "date_time", "epoch",
      "@timestamp", "date/time", "_time", "clock",    "date time"};
  const auto found =
      options.time_column.empty()
          ? columns.find_any(kNames, "say which one has the time: --time-column NAME")
          : columns.find(options.time_column);
  if (!found) return std::unexpected(found.error());
  if (*found) return **found;
  Error error = columns.missing(options.time_column.empty() ? "time" : options.time_column);
  if (header.size() == 1) {
    error.hint = fmt::format(
        "put commas, semicolons or tabs between columns, and their names into the first line, "
        "which is {}",
        printable(header.front()));
  } else if (lacks_header(header)) {
    error.hint = fmt::format("the first line must have the names of the columns; {}", error.hint);
  } else if (!header.empty() && header.front().ends_with(':')) {
    error.hint = "delete the lines above the names of the columns";
  } else if (options.time_column.empty()) {
    error.hint = fmt::format("say which one has the time: --time-column NAME; {}", error.hint);
  }
  return std::unexpected(std::move(error));
}

// The date and the time of day may have a column each.
Result<void> take_times(TableLayout& layout, const Columns& columns, const ReadOptions& options) {
  if (options.time_column.empty()) {
    const auto date = columns.find_any(std::array<std::string_view, 1>{"date"});
    const auto clock = columns.find_any(std::array<std::string_view, 1>{"time"});
    if (date && *date && clock && *clock) {
      layout.date = *date;
      layout.time = **clock;
      return {};
    }
  }
  const auto time = time_column(columns, layout.header, options);
  if (!time) return std::unexpected(time.error());
  layout.time = *time;
  return {};
}

// The column that the user named for a direction, or the series of that name.
Result<void> take_told(TableLayout& layout, const Columns& columns, Direction direction,
                       const std::string& name) {
  const auto found = columns.find(name);
  if (!found) return std::unexpected(found.error());
  if (*found) {
    layout.values[direction] = *found;
  } else {
    const auto value = columns.find_any(std::array<std::string_view, 1>{"value"});
    if (!layout.group || !value || !*value) return std::unexpected(columns.missing(name));
    layout.values[direction] = *value;
    layout.series_names[direction] = name;
  }
  layout.shape.columns[direction] = name;
  return {};
}

// The only column whose name says that it has the bytes of that direction.
Result<void> guess(TableLayout& layout, Direction direction, const std::string& file) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < layout.header.size(); ++i) {
    const std::string& name = layout.header[i];
    if (direction_of(name) != direction || counts_other_things(name)) continue;
    if (found) {
      return std::unexpected(
          usage_of(file,
                   fmt::format("two columns may be the {} traffic: {} and {}",
                               direction == Direction::tx ? "sent" : "received",
                               printable(layout.header[*found]), printable(name)),
                   "say which: --tx-column NAME, --rx-column NAME"));
    }
    found = i;
  }
  if (!found) return {};
  layout.values[direction] = found;
  layout.shape.columns[direction] = layout.header[*found];
  return {};
}

Result<void> take_sar_columns(TableLayout& layout, const Columns& columns) {
  for (const SarColumn& one : kSarColumns) {
    if (layout.values[one.direction]) continue;
    const auto found = columns.find(std::string(one.name));
    if (!found) return std::unexpected(found.error());
    if (!*found) continue;
    layout.values[one.direction] = *found;
    layout.shape.columns[one.direction] = one.name;
  }
  return {};
}

Result<void> take_values(TableLayout& layout, const Columns& columns, bool sadf,
                         const std::string& file, const ReadOptions& options) {
  for (const Direction direction : kDirections) {
    const std::string& name = options.columns[direction];
    if (name.empty()) continue;
    if (auto taken = take_told(layout, columns, direction, name); !taken) return taken;
  }
  if (options.names_columns()) return {};
  if (sadf) return take_sar_columns(layout, columns);
  for (const Direction direction : kDirections) {
    if (auto guessed = guess(layout, direction, file); !guessed) return guessed;
  }
  if (layout.values.rx || layout.values.tx) return {};
  return std::unexpected(
      usage_of(file, "no column says that it has sent or received traffic",
               fmt::format("say which: --tx-column NAME --unit UNIT; the columns are {}",
                           listed(layout.header))));
}

// Without --unit the figures must bring theirs.
void take_unit(TableLayout& layout, bool sadf, const ReadOptions& options) {
  std::optional<SeriesUnit> known;
  for (const SarColumn& one : kSarColumns) {
    const bool used = layout.shape.columns.rx == one.name || layout.shape.columns.tx == one.name;
    if (sadf && used) known = *parse_series_unit(one.unit);
  }
  if (known) {
    layout.shape.unit = *known;
    if (options.unit) cgtally::take_unit(layout.shape, *options.unit, "sadf");
  } else if (options.unit) {
    layout.shape.unit = *options.unit;
  } else {
    layout.shape.figures_have_units = true;
  }
}

// Where the name of a column says something else than the options.
void add_doubts(TableLayout& layout) {
  for (const Direction direction : kDirections) {
    if (layout.shape.figures_have_units || !layout.shape.has(direction)) continue;
    for (std::string& doubt :
         doubts_of(printable(layout.shape.columns[direction]), direction, layout.shape.unit)) {
      layout.shape.notes.push_back(std::move(doubt));
    }
  }
}

// The first column of one of these names, in the order of the names; none of those with figures.
template <typename Names>
std::optional<std::size_t> first_label(const TableLayout& layout, const Names& names) {
  for (const std::string_view name : names) {
    for (std::size_t i = 0; i < layout.header.size(); ++i) {
      const bool figures =
          layout.time == i || layout.date == i || layout.values.rx == i || layout.values.tx == i;
      if (!figures && lower(layout.header[i]) == name) return i;
    }
  }
  return std::nullopt;
}

// Columns with labels: rows of several hosts, interfaces or metrics are never one series.
void take_labels(TableLayout& layout) {
  static constexpr std::array<std::string_view, 7> kInterfaces{
      "device", "dev", "ifname", "nic", "adapter", "netdev", "interface_name"};
  static constexpr std::array<std::string_view, 6> kHosts{"host",     "hostname", "nodename",
                                                          "instance", "node",     "server"};
  static constexpr std::array<std::string_view, 63> kKeys{"metric",
                                                          "metric_name",
                                                          "metricname",
                                                          "metric name",
                                                          "name",
                                                          "tags",
                                                          "tag",
                                                          "itemid",
                                                          "item",
                                                          "hostid",
                                                          "field",
                                                          "_field",
                                                          "direction",
                                                          "_measurement",
                                                          "measurement",
                                                          "table",
                                                          "label",
                                                          "labels",
                                                          "dimension",
                                                          "resource",
                                                          "resourceid",
                                                          "instanceid",
                                                          "instance_id",
                                                          "instance_name",
                                                          "job",
                                                          "source",
                                                          "target",
                                                          "sensor",
                                                          "cacheclusterid",
                                                          "cluster",
                                                          "unit",
                                                          "units",
                                                          "type",
                                                          "kind",
                                                          "statistic",
                                                          "statistics",
                                                          "stat",
                                                          "aggregation",
                                                          "counter",
                                                          "counter name",
                                                          "object",
                                                          "parameter",
                                                          "pod",
                                                          "container",
                                                          "namespace",
                                                          "service",
                                                          "vm",
                                                          "vm_name",
                                                          "port",
                                                          "ip",
                                                          "address",
                                                          "chart",
                                                          "srcaddr",
                                                          "dstaddr",
                                                          "src_ip",
                                                          "dst_ip",
                                                          "src",
                                                          "dst",
                                                          "sa",
                                                          "da",
                                                          "destination",
                                                          "interface_id",
                                                          "protocol"};
  if (!layout.group) layout.group = first_label(layout, kInterfaces);
  layout.host = first_label(layout, kHosts);
  const auto add = [&layout](std::string_view name) {
    const auto found = first_label(layout, std::array<std::string_view, 1>{name});
    if (found && found != layout.group && found != layout.host) layout.keys.push_back(*found);
  };
  for (const std::string_view name : kInterfaces) add(name);
  for (const std::string_view name : kHosts) add(name);
  for (const std::string_view name : kKeys) add(name);
}

}  // namespace

bool has_interfaces(const std::vector<std::string>& header) {
  const auto has = [&header](std::string_view name) {
    return std::ranges::find(header, name) != header.end();
  };
  return has("IFACE") && std::ranges::any_of(kSarColumns, has, &SarColumn::name);
}

Result<TableLayout> layout_of(const std::vector<std::string>& header, const std::string& file,
                              bool sadf, const ReadOptions& options) {
  TableLayout layout{.header = header};
  const Columns columns(header, file);
  if (auto taken = take_times(layout, columns, options); !taken) {
    return std::unexpected(std::move(taken).error());
  }
  const auto group =
      columns.find_any(std::array<std::string_view, 3>{"iface", "series", "interface"});
  if (!group) return std::unexpected(group.error());
  layout.group = *group;
  if (sadf) {
    layout.interval = columns.find("interval").value_or(std::nullopt);
    layout.host = columns.find("hostname").value_or(std::nullopt);
  }
  layout.shape.file = file;
  layout.shape.format = sadf ? "sadf -d" : layout.group ? "CSV by series" : "CSV";
  if (auto taken = take_values(layout, columns, sadf, file, options); !taken) {
    return std::unexpected(std::move(taken).error());
  }
  if (!sadf) take_labels(layout);
  take_unit(layout, sadf, options);
  add_doubts(layout);
  return layout;
}

std::vector<std::size_t> unread_columns(const TableLayout& layout) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < layout.header.size(); ++i) {
    const bool read = layout.time == i || layout.date == i || layout.values.rx == i ||
                      layout.values.tx == i || layout.group == i || layout.host == i ||
                      layout.interval == i;
    if (!read) columns.push_back(i);
  }
  return columns;
}

}  // namespace cgtally::series
