// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/mirror_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "adapters/csv/recordings.h"
#include "core/base/glob.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

constexpr std::string_view kNeededColumn = "rx_data_packets";

// The columns of requests came all at once. Payload alone can be told without them.
Result<void> check_columns(const text::Input& input, const compare::CompareOptions& options) {
  if (options.unit == compare::Unit::bytes) return {};
  const std::string_view head = input.head();
  const std::string_view header = head.substr(0, head.find('\n'));
  if (header.empty() || header.contains(kNeededColumn)) return {};
  return std::unexpected(Error{
      .what = fmt::format("{} tells no requests: it has no column {}", input.name(), kNeededColumn),
      .hint = "record with this version of cgtally: cgtally record --csv FILE; or compare the "
              "payload alone: --unit bytes",
      .failure = Failure::usage});
}

bool on_interface(const ComparisonRequest& request, const Sample& row) {
  return request.interfaces.empty() ||
         std::ranges::any_of(request.interfaces, [&row](const std::string& glob) {
           return matches_glob(glob, row.iface);
         });
}

Error no_account(const std::string& side, const std::string& glob,
                 const compare::SeriesBuilder& rows) {
  std::string names;
  for (const std::string& name : rows.names()) {
    names += (names.empty() ? "" : ", ") + printable(name);
  }
  return {.what = fmt::format("{} matches no account: {}", side, printable(glob)),
          .hint = names.empty() ? "no account received or sent a packet"
                                : fmt::format("accounts are {}", names),
          .failure = Failure::usage};
}

}  // namespace

Result<compare::CompareReport> compare_rows(const compare::SeriesBuilder& rows,
                                            const ComparisonRequest& request) {
  if (!rows.matched(compare::Side::original)) {
    return std::unexpected(no_account("ORIGINAL", request.sides.original, rows));
  }
  if (!rows.matched(compare::Side::mirror)) {
    return std::unexpected(no_account("MIRROR", request.sides.mirror, rows));
  }
  auto series = rows.finish();
  if (!series) return std::unexpected(std::move(series).error());
  return compare::compare(*std::move(series), request.options);
}

Result<compare::CompareReport> compare_recordings(const ComparisonRequest& request) {
  auto inputs = csv::open_inputs(request.files);
  if (!inputs) return std::unexpected(std::move(inputs).error());
  for (const text::Input& input : *inputs) {
    if (auto checked = check_columns(input, request.options); !checked) {
      return std::unexpected(std::move(checked).error());
    }
  }
  compare::SeriesBuilder rows(request.sides);
  auto read = csv::read_recordings(*inputs, [&](const Sample& row, const std::string& location) {
    if (!on_interface(request, row)) return Result<void>{};
    auto added = rows.add(row);
    if (added) return added;
    return Result<void>(std::unexpected(std::move(added).error().within(location)));
  });
  if (!read) return std::unexpected(std::move(read).error());
  return compare_rows(rows, request);
}

}  // namespace cgtally::monitor
