// SPDX-License-Identifier: Apache-2.0
// Rates go through the same strict parser as option values, so that they stay exact integers.
#include "adapters/ec2/catalogue_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <system_error>

#include "adapters/csv/rfc4180.h"
#include "core/base/quantity.h"

namespace cgtally::ec2 {
namespace {

constexpr const char* kWhatToGive =
    "give a CSV, with commas, of the columns instance_type, baseline_gbps and burst_gbps (vcpus "
    "and "
    "source may follow)";
constexpr BitRate kMostBelieved{1'000'000'000'000'000};  // 1 Pbit/s: more is a typing mistake

// The positions of the columns in this file.
struct Layout {
  std::size_t columns = 0;
  std::size_t name = 0;
  std::size_t baseline = 0;
  std::size_t burst = 0;
  std::optional<std::size_t> vcpus;
  std::optional<std::size_t> source;
};

Error at_line(std::size_t line, std::string_view what, std::string hint) {
  return {.what = fmt::format("line {}: {}", line, what), .hint = std::move(hint)};
}

std::optional<std::size_t> column(const std::vector<std::string>& header, std::string_view name) {
  const auto found = std::ranges::find(header, name);
  if (found == header.end()) return std::nullopt;
  return static_cast<std::size_t>(found - header.begin());
}

Result<Layout> layout_of(const std::vector<std::string>& header) {
  for (const char* needed : {"instance_type", "baseline_gbps", "burst_gbps"}) {
    if (column(header, needed)) continue;
    return std::unexpected(
        at_line(1, fmt::format("the header has no column '{}'", needed), kWhatToGive));
  }
  return Layout{.columns = header.size(),
                .name = *column(header, "instance_type"),
                .baseline = *column(header, "baseline_gbps"),
                .burst = *column(header, "burst_gbps"),
                .vcpus = column(header, "vcpus"),
                .source = column(header, "source")};
}

Result<BitRate> gbps(std::string_view column_name, const std::string& text, std::size_t line) {
  const auto parsed = parse_bit_rate(text + "Gbit");
  if (parsed && parsed->bits_per_second > 0 && *parsed <= kMostBelieved) return *parsed;
  return std::unexpected(at_line(
      line, fmt::format("{} must be above 0 and at most 1000000, got '{}'", column_name, text),
      "write Gbit/s as a decimal number, such as 0.064 or 12.5"));
}

Result<std::uint32_t> vcpus_of(const std::string& text, std::size_t line) {
  std::uint32_t value = 0;
  if (text.empty()) return value;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc{} && end == text.data() + text.size()) return value;
  return std::unexpected(at_line(line, fmt::format("vcpus must be a whole number, got '{}'", text),
                                 "correct it, or leave it empty"));
}

Result<InstanceType> parse(const Layout& layout, const std::vector<std::string>& fields,
                           std::size_t line) {
  if (fields.size() != layout.columns) {
    return std::unexpected(at_line(
        line, fmt::format("{} fields, where the header has {}", fields.size(), layout.columns),
        "correct or delete that line"));
  }
  InstanceType type{.name = fields[layout.name], .baseline = {}, .burst = {}, .source = ""};
  if (type.name.empty()) {
    return std::unexpected(
        at_line(line, "instance_type is empty", "name the type, or delete that line"));
  }
  const auto baseline = gbps("baseline_gbps", fields[layout.baseline], line);
  if (!baseline) return std::unexpected(baseline.error());
  type.baseline = type.burst = *baseline;
  type.burst_known = !fields[layout.burst].empty();
  if (type.burst_known) {
    const auto burst = gbps("burst_gbps", fields[layout.burst], line);
    if (!burst) return std::unexpected(burst.error());
    if (*burst < *baseline) {
      return std::unexpected(at_line(line, "burst_gbps is below baseline_gbps",
                                     "give the same rate twice for a type without credits"));
    }
    type.burst = *burst;
  }
  if (layout.vcpus) {
    const auto vcpus = vcpus_of(fields[*layout.vcpus], line);
    if (!vcpus) return std::unexpected(vcpus.error());
    type.vcpus = *vcpus;
  }
  if (layout.source) type.source = fields[*layout.source];
  return type;
}

// "2026-08-02" out of "moto@34d6cad5a(DescribeInstanceTypes;2026-08-02)".
std::string date_in(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-dd";
  for (std::size_t at = 0; at + kShape.size() <= text.size(); ++at) {
    const std::string_view part = text.substr(at, kShape.size());
    if (std::ranges::equal(part, kShape, [](char c, char shape) {
          return shape == 'd' ? c >= '0' && c <= '9' : c == shape;
        })) {
      return std::string(part);
    }
  }
  return {};
}

std::string usual_date(const std::vector<InstanceType>& types) {
  std::map<std::string, std::size_t> dates;
  for (const InstanceType& type : types) {
    if (std::string date = date_in(type.source); !date.empty()) ++dates[std::move(date)];
  }
  const auto most =
      std::ranges::max_element(dates, {}, [](const auto& date) { return date.second; });
  return most == dates.end() ? std::string{} : most->first;
}

Result<CatalogueTable> read_file(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const int code = errno;
    return std::unexpected(
        Error{.what = fmt::format("{}: {}", file, std::generic_category().message(code)),
              .hint = kWhatToGive,
              .code = code});
  }
  return read_table(in, file);
}

Result<LoadedCatalogue> load_shipped() {
  std::istringstream in{std::string(shipped_table())};
  auto table = read_table(in, "the table of instance types");
  if (!table) return std::unexpected(std::move(table).error());
  LoadedCatalogue loaded;
  loaded.date = std::move(table->date);
  for (InstanceType& type : table->types) loaded.types.add(std::move(type));
  return loaded;
}

}  // namespace

Result<CatalogueTable> read_table(std::istream& in, const std::string& name) {
  csv::RecordReader record(in);
  const auto failed = [&name](Error error) {
    return std::unexpected(std::move(error).within(name));
  };
  auto more = record.next();
  if (!more) return failed(std::move(more).error());
  if (!*more)
    return std::unexpected(Error{.what = fmt::format("{} is empty", name), .hint = kWhatToGive});
  const auto layout = layout_of(record.fields());
  if (!layout) return failed(layout.error());
  CatalogueTable table;
  std::map<std::string, std::size_t> lines;  // of the types
  for (more = record.next(); more && *more; more = record.next()) {
    auto type = parse(*layout, record.fields(), record.line());
    if (!type) return failed(std::move(type).error());
    const auto [first, is_new] = lines.try_emplace(type->name, record.line());
    if (!is_new) {
      return failed(at_line(record.line(),
                            fmt::format("{} is in line {} already", type->name, first->second),
                            "delete one of the lines"));
    }
    table.types.push_back(*std::move(type));
  }
  if (!more) return failed(std::move(more).error());
  if (table.types.empty()) {
    return std::unexpected(
        Error{.what = fmt::format("{} has a header and no rows", name), .hint = kWhatToGive});
  }
  table.date = usual_date(table.types);
  return table;
}

Result<LoadedCatalogue> load_catalogue(const std::string& file) {
  static const Result<LoadedCatalogue> kShipped = load_shipped();
  if (!kShipped || file.empty()) return kShipped;
  auto own = read_file(file);
  if (!own) return std::unexpected(std::move(own).error());
  LoadedCatalogue loaded = *kShipped;
  loaded.file = file;
  loaded.from_file = own->types.size();
  for (InstanceType& type : own->types) loaded.types.add(std::move(type));
  return loaded;
}

}  // namespace cgtally::ec2
