// SPDX-License-Identifier: Apache-2.0
// One loop for all tables: a header makes a layout, and each row goes to the series of its host and
// interface.
#include "adapters/series/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

#include "adapters/csv/rfc4180.h"
#include "adapters/series/common/builder.h"
#include "adapters/series/common/end_of_file.h"
#include "adapters/series/common/names.h"
#include "adapters/series/common/selection.h"
#include "adapters/series/common/turns.h"
#include "adapters/series/console.h"
#include "adapters/series/dstat.h"
#include "adapters/series/ifstat.h"
#include "adapters/series/table_layout.h"
#include "core/base/text.h"
#include "core/series/metric_names.h"

namespace cgtally::series {
namespace {

std::string_view first_line(std::string_view text) {
  return text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
}

// "sep=," is for spreadsheets, "#group" for InfluxDB.
bool is_annotation(std::string_view line) {
  return line.starts_with("sep=") || line.starts_with("#group") || line.starts_with("#datatype") ||
         line.starts_with("#default");
}

// Other remarks have one field.
bool is_remark_line(std::string_view line) {
  return is_annotation(line) ||
         (line.starts_with('#') && line.find_first_of(";,\t") == std::string_view::npos);
}

// The separator that the header has most of, outside quotes.
char separator_of(std::string_view header) {
  constexpr std::array<char, 3> kSeparators{';', '\t', ','};
  std::array<std::size_t, 3> counts{};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    const auto* const found = std::ranges::find(kSeparators, c);
    if (!quoted && found != kSeparators.end()) {
      ++counts.at(static_cast<std::size_t>(found - kSeparators.begin()));
    }
  }
  const auto* const most = std::ranges::max_element(counts);
  return *most == 0 ? ',' : kSeparators.at(static_cast<std::size_t>(most - counts.begin()));
}

// The header's names; sadf writes "# " before the first.
std::vector<std::string> names_of(const std::vector<std::string>& fields) {
  std::vector<std::string> names;
  for (const std::string& field : fields) {
    std::string_view name = field;
    if (names.empty() && name.starts_with('#')) name.remove_prefix(1);
    names.push_back(plain_name(name));
  }
  while (!names.empty() && names.back().empty()) names.pop_back();
  return names;
}

class TableReader {
 public:
  TableReader(std::istream& in, char separator, const std::string& file, bool sadf,
              const ReadOptions& options)
      : reader_(in, separator),
        separator_(separator),
        file_(file),
        sadf_(sadf),
        options_(options) {}

  Result<std::vector<Series>> read() {
    for (;;) {
      auto more = reader_.next();
      if (!more) return std::unexpected(std::move(more).error().within(file_));
      if (!*more) break;
      if (auto taken = take(reader_.fields()); !taken) {
        return std::unexpected(std::move(taken).error());
      }
    }
    if (!layout_ && sadf_) return std::unexpected(without_traffic());
    if (!layout_) {
      return std::unexpected(
          Error{.what = fmt::format("{} is empty", file_), .hint = "export a longer time"});
    }
    end_of_file_.settle(reader_.terminated());
    if (auto one = check_turns(); !one) return std::unexpected(std::move(one).error());
    auto series = std::move(groups_).finish(layout_->shape);
    if (auto good = check_start(series); !good) return std::unexpected(std::move(good).error());
    return series;
  }

 private:
  Result<void> take(const std::vector<std::string>& fields) {
    const std::string& first = fields.front();
    if (fields.size() == 1 && first.empty()) return {};
    const bool remark = is_annotation(first) || (fields.size() == 1 && first.starts_with('#'));
    if (!layout_ && remark) return {};
    const bool header = !layout_ || (sadf_ && (first.starts_with('#') || first == "hostname"));
    if (header) return take_header(names_of(fields));
    if (is_header(fields)) return check_header(names_of(fields));
    return foreign_table_ ? Result<void>{} : take_row(fields);
  }

  [[nodiscard]] Error without_traffic() const {
    return usage_error(fmt::format("{}: it has no network traffic", file_),
                       "export it with sadf -d FILE -- -n DEV");
  }

  // sadf prints a header again after a restart, and one for each kind of figures.
  Result<void> take_header(const std::vector<std::string>& names) {
    foreign_table_ = sadf_ && !has_interfaces(names);
    if (foreign_table_ || (layout_ && layout_->header == names)) return {};
    if (sadf_ && names.back().ends_with("[...]")) {
      return std::unexpected(usage_error(fmt::format("{}: a row has several interfaces", file_),
                                         "export it without -h: sadf -d FILE -- -n DEV"));
    }
    auto layout = layout_of(names, file_, sadf_, options_);
    if (!layout) return std::unexpected(std::move(layout).error());
    layout_ = *std::move(layout);
    layout_->shape.decimal_commas_likely = !sadf_ && separator_ == ';';
    return {};
  }

  // A header has the name of a column that is read where a row has a figure or a time.
  [[nodiscard]] bool is_header(const std::vector<std::string>& fields) const {
    const std::vector<std::string>& names = layout_->header;
    return std::ranges::any_of(
        std::array{std::optional(layout_->time), layout_->values.rx, layout_->values.tx},
        [&](const std::optional<std::size_t>& at) {
          return at && *at < fields.size() && !names[*at].empty() &&
                 std::ranges::find(names, plain_name(fields[*at])) != names.end();
        });
  }

  // Files that were put together repeat their header; where it differs, so do the columns.
  [[nodiscard]] Result<void> check_header(const std::vector<std::string>& names) const {
    if (names == layout_->header) return {};
    return std::unexpected(Error{.what = fmt::format("{}: line {}: another header, {}", file_,
                                                     reader_.line(), listed(names)),
                                 .hint = "give each of the tables a file of its own"});
  }

  Result<void> take_row(const std::vector<std::string>& fields) {
    const TableLayout& at = *layout_;
    if (at.interval && fields.size() > *at.interval && fields[*at.interval] == "-1") return {};
    if (auto fits = check_width(fields); !fits) return fits;
    const std::string group = at.group ? plain_name(fields[*at.group]) : "";
    const std::string host = at.host ? plain_name(fields[*at.host]) : "";
    const std::string moment =
        at.date ? fmt::format("{} {}", fields[*at.date], fields[at.time]) : fields[at.time];
    RowText row{.time = moment, .line = static_cast<std::uint32_t>(reader_.line())};
    bool wanted = false;
    for (const Direction direction : kDirections) {
      if (!at.values[direction]) continue;
      const std::string& name = at.series_names[direction];
      if (!name.empty() && name != group) continue;
      row.values[direction] = fields[*at.values[direction]];
      wanted = true;
    }
    if (!wanted) return {};
    if (at.interval) row.period_s = period_of(fields[*at.interval]);
    const bool named = !at.series_names.rx.empty() || !at.series_names.tx.empty();
    SeriesBuilder* const builder = groups_.find(host, named ? "" : group, at.shape);
    if (builder == nullptr) return {};
    // A row without figures may lack its labels, too.
    const bool figures = !row.values.rx.empty() || !row.values.tx.empty();
    if (figures) {
      if (auto one = check_keys(fields, *builder); !one) return one;
    }
    auto watch = turns_.find(builder);
    if (watch == turns_.end()) watch = turns_.emplace(builder, unread_columns(at)).first;
    watch->second.see(fields);
    const bool last_used = at.values.rx == fields.size() - 1 || at.values.tx == fields.size() - 1;
    end_of_file_.see(*builder, reader_.line(), last_used ? fields.back() : "");
    return builder->add(row);
  }

  static std::uint32_t period_of(std::string_view text) {
    std::uint32_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds;
  }

  // A series whose rows are of two things, such as two metrics, is none.
  Result<void> check_keys(const std::vector<std::string>& fields, SeriesBuilder& series) {
    if (layout_->keys.empty()) return {};
    auto [seen, first] = keys_.try_emplace(&series);
    for (std::size_t i = 0; i < layout_->keys.size(); ++i) {
      const std::string& value = fields[layout_->keys[i]];
      if (first) {
        seen->second.push_back(value);
        note_unit(layout_->header[layout_->keys[i]], value, series);
      }
      if (seen->second[i] == value) continue;
      return std::unexpected(usage_error(
          fmt::format("{}: line {}: column {} is {}, and {} before", file_, reader_.line(),
                      printable(layout_->header[layout_->keys[i]]), printable(value),
                      printable(seen->second[i])),
          "the rows are of several things: export one, or leave only the lines of one"));
    }
    return {};
  }

  // Times since a start are read as seconds: "time_ms" says something else.
  [[nodiscard]] Result<void> check_start(const Result<std::vector<Series>>& series) const {
    const std::string& name = layout_->header[layout_->time];
    if (!series || !series->front().since_a_start || !names_another_time(name)) return {};
    return std::unexpected(
        Error{.what = fmt::format("{}: column {} names no seconds, and counts from a start", file_,
                                  printable(name)),
              .hint = "write seconds since the start, or since 1970, into it"});
  }

  [[nodiscard]] Result<void> check_turns() const {
    for (const auto& [builder, watch] : turns_) {
      const auto found = watch.turns();
      if (!found) continue;
      return std::unexpected(usage_error(
          fmt::format("{}: the rows are of several things: column {} is {} in turn", file_,
                      printable(layout_->header[found->column]), listed(found->words)),
          "leave only the lines of one; or leave out that column, if it says nothing"));
    }
    return {};
  }

  // A column "unit" that says something else than --unit.
  static void note_unit(const std::string& name, const std::string& value, SeriesBuilder& builder) {
    Series& series = builder.series();
    if (!lower(name).starts_with("unit") || series.figures_have_units) return;
    const Direction direction = series.has(Direction::tx) ? Direction::tx : Direction::rx;
    for (std::string& doubt : doubts_of(printable(name + " " + value), direction, series.unit)) {
      series.notes.push_back(std::move(doubt));
    }
  }

  // Empty fields at the end of a row or of the header say nothing.
  Result<void> check_width(const std::vector<std::string>& fields) const {
    const std::size_t columns = layout_->header.size();
    const bool extra =
        std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(std::min(columns, fields.size())),
                    fields.end(), [](const std::string& one) { return !one.empty(); });
    if (fields.size() >= columns && !extra) return {};
    return std::unexpected(
        Error{.what = fmt::format("{}: line {}: {} fields, and the header has {}", file_,
                                  reader_.line(), fields.size(), columns),
              .hint = extra ? "numbers with commas need quotes, or a file with semicolons or tabs"
                            : "the line is cut or damaged: correct it, or export again"});
  }

  csv::RecordReader reader_;
  char separator_;
  const std::string& file_;
  bool sadf_;
  const ReadOptions& options_;
  bool foreign_table_ = false;  // of sadf's other figures
  std::optional<TableLayout> layout_;
  SeriesGroups groups_{file_, options_};
  std::map<const SeriesBuilder*, std::vector<std::string>> keys_;
  std::map<const SeriesBuilder*, TurnWatch> turns_;
  EndOfFile end_of_file_;
};

}  // namespace

TableKind table_kind(std::string_view head) {
  const std::string_view line = first_line(head);
  const std::string begin = lower(line.substr(0, 40));
  const auto starts = [&begin](std::string_view with) {
    return begin.starts_with(with) || (begin.starts_with('"') && begin.substr(1).starts_with(with));
  };
  if (starts("dstat") || starts("pcp-dstat") || starts("dool")) return TableKind::dstat;
  if (starts("full label") || starts("label,") || starts("label\"")) return TableKind::console;
  const bool sadf =
      line.contains("hostname") && line.contains("interval") && line.contains("timestamp");
  if (sadf) return TableKind::sadf;
  const std::string_view two =
      head.substr(0, std::min(head.find('\n', line.size() + 2), head.size()));
  const bool ifstat = two.contains("KB/s in") || two.contains("Kbps in");
  return ifstat && separator_of(line) == ',' && !line.contains(',') ? TableKind::ifstat
                                                                    : TableKind::plain;
}

Result<std::vector<Series>> read_table(std::istream& in, std::string_view head,
                                       const std::string& file, const ReadOptions& options) {
  std::string_view line = first_line(head);
  for (auto end = head.find('\n'); is_remark_line(line) && end != std::string_view::npos;
       end = head.find('\n')) {
    head.remove_prefix(end + 1);
    line = first_line(head);
  }
  switch (table_kind(head)) {
    case TableKind::dstat:
      return read_dstat(in, file, options);
    case TableKind::console:
      return read_console(in, separator_of(line), file, options);
    case TableKind::ifstat:
      return read_ifstat(in, file, options);
    case TableKind::sadf:
      return TableReader(in, separator_of(line), file, true, options).read();
    case TableKind::plain:
      break;
  }
  return TableReader(in, separator_of(line), file, false, options).read();
}

}  // namespace cgtally::series
