// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/what_if_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/sizing.h"
#include "core/base/glob.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"
#include "core/sizing/screen.h"
#include "monitor/credits/instance.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kMostTypes = 200;

bool is_glob(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

// The names of the table that are meant, each once, in the order in which they were given.
Result<std::vector<std::string>> names_of(const std::vector<std::string>& given,
                                          ec2::LoadedCatalogue& catalogue) {
  std::vector<std::string> names;
  for (const std::string& one : given) {
    const std::size_t before = names.size();
    if (is_glob(one)) {
      for (const InstanceType& type : catalogue.types.types()) {
        if (matches_glob(one, type.name)) names.push_back(type.name);
      }
    } else {
      auto assumed = catalogue.types.assumed(one);
      if (catalogue.types.find(one) == nullptr && assumed) catalogue.types.add(*std::move(assumed));
      if (catalogue.types.find(one) != nullptr) names.push_back(one);
    }
    if (names.size() > before) continue;
    std::error_code ignored;
    if (std::filesystem::exists(one, ignored)) {
      return std::unexpected(
          usage_error(fmt::format("--as takes {} for an instance type", printable(one)),
                      "put the files before --as"));
    }
    return std::unexpected(unknown_type(one, catalogue));
  }
  std::set<std::string> seen;
  std::erase_if(names, [&seen](const std::string& name) { return !seen.insert(name).second; });
  if (names.size() <= kMostTypes) return names;
  return std::unexpected(
      usage_error(fmt::format("--as names {} types, and at most {} are set side by side",
                              names.size(), kMostTypes),
                  "`cgtally size` finds the types that carry a recording"));
}

}  // namespace

Result<std::unique_ptr<WhatIfReport>> WhatIfReport::start(const std::vector<std::string>& types,
                                                          const std::string& catalogue_file) {
  auto catalogue = ec2::load_catalogue(catalogue_file);
  if (!catalogue) return std::unexpected(std::move(catalogue).error());
  auto names = names_of(types, *catalogue);
  if (!names) return std::unexpected(std::move(names).error());
  return std::unique_ptr<WhatIfReport>(new WhatIfReport(*std::move(catalogue), *std::move(names)));
}

WhatIfReport::WhatIfReport(ec2::LoadedCatalogue catalogue, const std::vector<std::string>& names)
    : catalogue_(std::move(catalogue)) {
  for (const std::string& name : names) types_.push_back(catalogue_.types.find(name));
}

Result<void> WhatIfReport::add(const Sample& row, std::string_view where) {
  has_rows_ = true;
  return rows_.add(row, where);
}

// What moved in a gap is not known, and counts as nothing.
void WhatIfReport::add(const SeriesInterval& interval) {
  if (series_.load.steps.empty()) series_.first_wall = interval.end - interval.length;
  const auto amount = [&interval](Direction direction) {
    const double bytes = interval.bytes[direction];
    return Bytes{is_missing(bytes)
                     ? 0
                     : static_cast<std::uint64_t>(std::llround(std::clamp(bytes, 0.0, 9e18)))};
  };
  if (is_missing(interval.bytes.rx) && is_missing(interval.bytes.tx)) ++series_.gaps.count;
  series_.load.steps.push_back({.elapsed = interval.length,
                                .traffic = {.rx_bytes = amount(Direction::rx),
                                            .rx_packets = {},
                                            .tx_bytes = amount(Direction::tx),
                                            .tx_packets = {}}});
}

Result<sizing::RecordedWorkload> WhatIfReport::workload() {
  if (has_rows_) return std::move(rows_).finish();
  if (series_.load.steps.empty()) {
    return std::unexpected(Error{.what = "there is no interval in the recording",
                                 .hint = "it takes two moments: record for longer"});
  }
  return std::move(series_);
}

Result<std::string> WhatIfReport::finish(const csv::RowFile& file) {
  const auto load = workload();
  if (!load) return std::unexpected(load.error());
  const std::vector<sizing::WhatIf> all = sizing::what_if(load->load, types_);
  if (!file.empty()) {
    auto sink = csv::FileSink::open(file, csv::what_if_header());
    if (!sink) return std::unexpected(std::move(sink).error());
    std::vector<std::string> lines;
    for (const sizing::WhatIf& one : all) {
      lines.push_back(csv::what_if_row(one, load->first_wall));
    }
    if (auto written = sink->write(lines); !written) return std::unexpected(written.error());
  }
  std::string text =
      fmt::format("{}  {}  {} intervals\n{}\n{}\ntypes of {}\n", format_date_time(load->first_wall),
                  format_duration(load->load.length()), format_count(load->load.steps.size()),
                  sizing::workload_lines(load->load), sizing::what_if_table(all, load->first_wall),
                  catalogue_.date);
  text +=
      "LOWEST   the balance of a bucket that was full at the start, of the direction\n"
      "         that fares worse; no bucket's size is published: PRIOR, a range\n"
      "EMPTY    the time in which more was wanted than the baseline lets through\n";
  if (load->gaps.count > 0) {
    text +=
        fmt::format("GAP      {} times nothing was recorded{}\n", format_count(load->gaps.count),
                    has_rows_ ? "; what moved then is spread evenly" : ", which counts as rest");
  }
  std::set<std::string> notes;
  for (const InstanceType* type : types_) {
    if (!type->assumed_of.empty()) notes.insert(assumption_note(*type));
    if (!type->burst_known) {
      notes.insert(fmt::format("{} has no burst in the table: no credits are counted on",
                               printable(type->name)));
    }
  }
  for (const std::string& note : notes) text += fmt::format("NOTE     {}\n", note);
  return text;
}

}  // namespace cgtally::monitor
