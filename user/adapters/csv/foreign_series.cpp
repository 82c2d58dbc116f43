// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/foreign_series.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "adapters/csv/rfc4180.h"

namespace cgtally::csv {
namespace {

Error broken(std::string what) {
  return {.what = std::move(what), .hint = "correct that line, or name another column"};
}

// Removes blanks around a field, which some monitors write.
std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
  }
  return text;
}

// The indexes of the columns in this file.
struct SeriesLayout {
  std::size_t time = 0;
  std::optional<std::size_t> rx;
  std::optional<std::size_t> tx;
};

Result<std::size_t> find(const std::vector<std::string>& header, const std::string& name) {
  const auto found =
      std::ranges::find_if(header, [&](const std::string& one) { return trimmed(one) == name; });
  if (found != header.end()) return static_cast<std::size_t>(found - header.begin());
  return std::unexpected(Error{.what = fmt::format("there is no column {}", name),
                               .hint = fmt::format("the columns are {}", listed(header)),
                               .failure = Failure::usage});
}

Result<SeriesLayout> find_all(const std::vector<std::string>& header,
                              const SeriesColumns& columns) {
  SeriesLayout layout;
  const auto time = find(header, columns.time);
  if (!time) return std::unexpected(time.error());
  layout.time = *time;
  for (const auto& [name, index] :
       {std::pair{&columns.rx, &layout.rx}, {&columns.tx, &layout.tx}}) {
    if (name->empty()) continue;
    const auto found = find(header, *name);
    if (!found) return std::unexpected(found.error());
    *index = *found;
  }
  return layout;
}

Result<std::optional<double>> number(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  double value = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || stop != text.data() + text.size() || !std::isfinite(value)) {
    return std::unexpected(broken(fmt::format("\"{}\" is not a number", text)));
  }
  constexpr double kMost = 1e19;
  if (value < 0 || value > kMost) {
    return std::unexpected(broken(fmt::format("{} is not an amount of traffic", text)));
  }
  return value;
}

Result<std::optional<SeriesRow>> row_of(const std::vector<std::string>& fields,
                                        const SeriesLayout& at) {
  const std::size_t last = std::max({at.time, at.rx.value_or(0), at.tx.value_or(0)});
  if (fields.size() <= last) return std::unexpected(broken("has too few fields"));
  const auto time = parse_series_time(trimmed(fields[at.time]));
  if (!time) return std::unexpected(broken(fmt::format("\"{}\" is not a time", fields[at.time])));
  SeriesRow row{.time = *time, .rx = std::nullopt, .tx = std::nullopt};
  for (const auto& [index, value] : {std::pair{&at.rx, &row.rx}, {&at.tx, &row.tx}}) {
    if (!*index) continue;
    auto read = number(fields[**index]);
    if (!read) return std::unexpected(std::move(read).error());
    if (!*read) return std::nullopt;
    *value = *read;
  }
  return row;
}

}  // namespace

Result<void> for_each_series_row(std::istream& in, const std::string& name,
                                 const SeriesColumns& columns, const OnSeriesRow& on_row) {
  RecordReader reader(in);
  auto more = reader.next();
  if (!more) return std::unexpected(std::move(more).error().within(name));
  if (!*more) {
    return std::unexpected(Error{.what = fmt::format("{} is empty", name), .hint = "record first"});
  }
  const auto layout = find_all(reader.fields(), columns);
  if (!layout) return std::unexpected(Error(layout.error()).within(name));
  for (;;) {
    more = reader.next();
    if (!more) return std::unexpected(std::move(more).error().within(name));
    if (!*more) return {};
    const std::string line = fmt::format("{}: line {}", name, reader.line());
    if (reader.fields().size() == 1 && reader.fields()[0].empty()) continue;
    auto row = row_of(reader.fields(), *layout);
    if (!row) return std::unexpected(std::move(row).error().within(line));
    if (!*row) continue;
    if (auto taken = on_row(**row); !taken) {
      return std::unexpected(std::move(taken).error().within(line));
    }
  }
}

}  // namespace cgtally::csv
