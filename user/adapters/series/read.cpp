// SPDX-License-Identifier: Apache-2.0
#include "adapters/series/read.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "adapters/series/aws_text.h"
#include "adapters/series/common/zone.h"
#include "adapters/series/foreign.h"
#include "adapters/series/json/json_series.h"
#include "adapters/series/table.h"
#include "core/base/text.h"

namespace cgtally::series {
namespace {

Result<std::vector<Series>> read_by_kind(text::Input& input, const ReadOptions& options) {
  const std::string_view head = input.head();
  const auto first = head.find_first_not_of(" \t\r\n");
  const std::string& file = input.name();
  if (first == std::string_view::npos) {
    return std::unexpected(
        Error{.what = fmt::format("{} is empty", file), .hint = "export a longer time"});
  }
  if (head.starts_with("PK\x03\x04")) {
    return std::unexpected(Error{.what = fmt::format("{} is a ZIP archive, or a spreadsheet", file),
                                 .hint = "unpack it, or save the sheet as CSV"});
  }
  static constexpr std::array<std::string_view, 4> kPacked{"BZh", "\xFD\x37zXZ", "\x28\xB5\x2F\xFD",
                                                           "7z\xBC\xAF"};
  if (std::ranges::any_of(kPacked,
                          [head](std::string_view one) { return head.starts_with(one); })) {
    return std::unexpected(
        Error{.what = fmt::format("{} is packed, and not by gzip", file), .hint = "unpack it"});
  }
  if (head.contains('\0')) {
    return std::unexpected(
        Error{.what = fmt::format("{} is not text", file),
              .hint = "export it as text: sadf -d FILE -- -n DEV for sar's own files"});
  }
  const std::string head_copy(head.substr(first));
  if (head[first] == '{' || head[first] == '[') {
    return read_json_series(input.stream(), file, options);
  }
  const bool table = is_aws_table(head_copy);
  if (table || is_aws_text(head_copy)) {
    return read_aws_text(input.stream(), file, table, options);
  }
  if (auto foreign = foreign_text(head_copy, file)) return std::unexpected(*std::move(foreign));
  return read_table(input.stream(), head_copy, file, options);
}

}  // namespace

bool is_ours(std::string_view head) {
  if (head.starts_with('"')) head.remove_prefix(1);
  return head.starts_with("time,boot_ns,") || head.starts_with("time\",\"boot_ns\"");
}

Result<void> check(const ReadOptions& options) {
  const auto zone = Zone::open(options.zone);
  return zone ? Result<void>{} : std::unexpected(zone.error());
}

Result<std::vector<Series>> read_series(text::Input& input, const ReadOptions& options) {
  auto series = read_by_kind(input, options);
  // A file that ends too early explains what its reader has found wrong.
  if (auto intact = input.intact(); !intact) return std::unexpected(std::move(intact).error());
  return series;
}

}  // namespace cgtally::series
