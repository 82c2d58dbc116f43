// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/recorded/column_reader.h"

#include <fmt/core.h>

#include <charconv>
#include <expected>
#include <system_error>

#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

constexpr double kMostSeconds = 1e12;  // thirty thousand years

template <typename T>
std::optional<T> parsed_whole(const std::string& text) {
  T value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, code] = std::from_chars(text.data(), last, value);
  if (code != std::errc{} || end != last) return std::nullopt;
  return value;
}

}  // namespace

Error ColumnReader::at_line(const std::string& what) const {
  return {.what = fmt::format("{}: line {}: {}", name_, record_.line(), what), .hint = hint_};
}

Result<ColumnReader> ColumnReader::open(std::istream& in, std::string name, std::string hint) {
  ColumnReader reader(in, std::move(name), std::move(hint));
  auto more = reader.record_.next();
  if (!more) return std::unexpected(std::move(more).error().within(reader.name_));
  if (!*more) {
    return std::unexpected(Error{.what = reader.name_ + " is empty", .hint = reader.hint_});
  }
  reader.header_ = reader.record_.fields();
  for (std::size_t i = 0; i < reader.header_.size(); ++i) reader.places_[reader.header_[i]] = i;
  return reader;
}

Result<void> ColumnReader::need(const std::vector<std::string_view>& columns) const {
  for (const std::string_view column : columns) {
    if (places_.contains(column)) continue;
    return std::unexpected(at_line(fmt::format("no column '{}'", column)));
  }
  return {};
}

Result<bool> ColumnReader::next() {
  for (;;) {
    auto more = record_.next();
    if (!more) return std::unexpected(std::move(more).error().within(name_));
    if (!*more) return false;
    if (record_.fields() == header_) continue;
    if (record_.fields().size() == header_.size()) return true;
    return std::unexpected(at_line(
        fmt::format("{} fields, where the header has {}{}", record_.fields().size(), header_.size(),
                    record_.terminated() ? "" : ", and no end: it is torn")));
  }
}

const std::string& ColumnReader::text(std::string_view column) const {
  return record_.fields()[places_.find(column)->second];
}

void ColumnReader::reject(std::string_view column, std::string_view expected) {
  if (!wrong_) wrong_ = fmt::format("{} is '{}', not {}", column, text(column), expected);
}

std::uint64_t ColumnReader::number(std::string_view column) {
  const auto value = parsed_whole<std::uint64_t>(text(column));
  if (!value) reject(column, "a whole number of at most 64 bits");
  return value.value_or(0);
}

std::optional<std::uint64_t> ColumnReader::number_if_known(std::string_view column) {
  if (text(column).empty()) return std::nullopt;
  return number(column);
}

std::optional<double> ColumnReader::decimal_if_known(std::string_view column) {
  const std::string& digits = text(column);
  if (digits.empty()) return std::nullopt;
  double value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, code] = std::from_chars(digits.data(), last, value, std::chars_format::fixed);
  // "inf" and "nan" are numbers for from_chars(), too.
  const bool good = code == std::errc{} && end == last && 0 <= value && value <= kMostSeconds;
  if (!good) reject(column, "a number such as 0.25");
  return good ? std::optional(value) : std::nullopt;
}

double ColumnReader::share(std::string_view column) {
  const double value = decimal_if_known(column).value_or(0);
  if (value > 1) reject(column, "a share from 0 to 1");
  return value;
}

Nanoseconds ColumnReader::nanoseconds(std::string_view column) {
  const auto value = parsed_whole<std::int64_t>(text(column));
  const bool good = value && 0 <= *value && *value <= kLongest.count();
  if (!good) reject(column, "a number of nanoseconds that is less than 60 years");
  return good ? Nanoseconds{*value} : Nanoseconds{};
}

Nanoseconds ColumnReader::time(std::string_view column) {
  const auto value = parse_timestamp(text(column));
  if (!value) reject(column, "a time such as 2026-11-21T11:42:07.000000000Z");
  return value.value_or(Nanoseconds{});
}

Result<void> ColumnReader::good() const {
  if (!wrong_) return {};
  return std::unexpected(at_line(*wrong_));
}

}  // namespace cgtally::csv
