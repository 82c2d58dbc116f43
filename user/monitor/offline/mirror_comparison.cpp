// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/mirror_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <string_view>

#include "adapters/csv/lifecycle/lifecycle.h"
#include "adapters/csv/recordings.h"
#include "core/base/glob.h"
#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

// Payload alone can be told without the columns of TCP.
Result<void> check_columns(const Sample& row, const compare::CompareOptions& options) {
  if (row.has_tcp_counts || options.unit == compare::Unit::bytes) return {};
  return std::unexpected(Error{
      .what = "the row tells no requests: rx_connections and rx_data_packets are not there",
      .hint = "record with this version of cgtally: cgtally record --csv FILE; or compare the "
              "payload alone: --unit bytes",
      .failure = Failure::usage});
}

bool tells_lives(const text::Input& input) {
  const std::string_view head = input.head();
  return csv::is_lifecycle_header(std::string(head.substr(0, head.find('\n'))));
}

// Takes those that `lifecycle` wrote out of the inputs.
Result<void> read_lives(std::vector<text::Input>& inputs, compare::SeriesBuilder& rows) {
  const auto lives = std::ranges::stable_partition(inputs, std::not_fn(tells_lives));
  for (text::Input& input : lives) {
    auto read = csv::for_each_lifecycle_row(
        input.stream(), input.name(), [&rows](const lifecycle::Row& row) { return rows.add(row); });
    if (auto intact = input.intact(); !intact) return intact;
    if (!read) return read;
  }
  inputs.erase(lives.begin(), lives.end());
  return {};
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
  compare::SeriesBuilder rows(request.sides);
  if (auto read = read_lives(*inputs, rows); !read) return std::unexpected(std::move(read).error());
  const auto add = [&](const Sample& row, const std::string& location) {
    if (!on_interface(request, row)) return Result<void>{};
    auto added = check_columns(row, request.options);
    if (added) added = rows.add(row);
    if (added) return added;
    return Result<void>(std::unexpected(std::move(added).error().within(location)));
  };
  auto read = csv::read_recordings(*inputs, add);
  if (!read) return std::unexpected(std::move(read).error());
  return compare_rows(rows, request);
}

}  // namespace cgtally::monitor
