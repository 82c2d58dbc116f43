// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/credit_replayer.h"

#include <fmt/core.h>

#include "adapters/csv/credits.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

constexpr std::size_t kBatch = 1000;
constexpr Nanoseconds kWarn = std::chrono::minutes{10};

}  // namespace

Result<void> check(const ReplayCreditOptions& options) {
  if (options.foreign() && !options.has_unit) {
    return std::unexpected(usage_error("a column of another monitor has a unit",
                                       "give it: --unit bytes, --unit Mbit/s, --unit total"));
  }
  if (options.foreign() && !options.wanted()) {
    return std::unexpected(
        usage_error("figures of another monitor are judged by an instance's limits",
                    "give --instance TYPE, or --baseline and --burst"));
  }
  if (!options.as.empty() && (!options.instance.instance.empty() || options.instance.baseline ||
                              options.instance.bucket || !options.csv.empty())) {
    return std::unexpected(usage_error("--as compares types of the table",
                                       "leave out --instance, --baseline, --bucket and --credits"));
  }
  if (!options.csv.empty() && !options.wanted()) {
    return std::unexpected(usage_error("--credits needs an instance's limits",
                                       "give --instance TYPE, or --baseline and --burst"));
  }
  return {};
}

Result<std::unique_ptr<CreditReplayer>> CreditReplayer::start(const ReplayCreditOptions& options) {
  std::unique_ptr<WhatIfReport> what_if;
  InstanceOptions one = options.instance;
  if (!options.as.empty()) {
    auto started = WhatIfReport::start(options.as, options.instance.catalogue);
    if (!started) return std::unexpected(std::move(started).error());
    what_if = *std::move(started);
    one.baseline = one.burst = BitRate{1};  // the estimate of one type is not shown
  }
  const auto instance = find_instance(one, "");
  if (!instance) return std::unexpected(instance.error());
  std::optional<csv::FileSink> sink;
  if (!options.csv.empty()) {
    auto opened = csv::FileSink::open(options.csv, csv::credits_header());
    if (!opened) return std::unexpected(std::move(opened).error());
    sink.emplace(*std::move(opened));
  }
  return std::unique_ptr<CreditReplayer>(
      new CreditReplayer(options, *instance, std::move(sink), std::move(what_if)));
}

CreditReplayer::CreditReplayer(const ReplayCreditOptions& options, const Instance& instance,
                               std::optional<csv::FileSink> sink,
                               std::unique_ptr<WhatIfReport> what_if)
    : options_(options),
      notes_(instance.notes),
      sink_(std::move(sink)),
      model_(shown_name(instance), instance.terms, options.instance.start, kWarn,
             [this](const CreditReport& report) { write(report); }),
      what_if_(std::move(what_if)),
      series_(options.unit, options.time_is_start, [this](const SeriesInterval& interval) {
        if (what_if_) what_if_->add(interval);
        model_.add(interval);
      }) {}

void CreditReplayer::write(const CreditReport& report) {
  if (!sink_ || !written_) return;
  for (std::string& row : csv::credits_rows(report)) {
    rows_.push_back(std::move(row));
  }
  if (rows_.size() >= kBatch) {
    written_ = flush();
  }
}

Result<void> CreditReplayer::flush() {
  auto written = sink_ ? sink_->write(rows_) : Result<void>{};
  rows_.clear();
  return written;
}

Result<void> CreditReplayer::add(const Sample& row) {
  if (what_if_) return what_if_->add(row, "the recording");
  if (auto added = model_.add(row); !added) return added;
  return written_;
}

Result<void> CreditReplayer::add_series(std::istream& in, const std::string& name) {
  return csv::for_each_series_row(in, name, options_.columns,
                                  [this](const SeriesRow& row) -> Result<void> {
                                    if (auto added = series_.add(row); !added) return added;
                                    return written_;
                                  });
}

Result<std::string> CreditReplayer::finish(const std::string& csv) {
  series_.finish();
  if (what_if_) return what_if_->finish(csv);
  const auto result = model_.finish();
  if (!written_) return std::unexpected(written_.error());
  if (auto flushed = flush(); !flushed) return std::unexpected(std::move(flushed).error());
  if (!result) {
    return std::unexpected(Error{.what = "there is no interval in the recording",
                                 .hint = "it takes two moments: record for longer"});
  }
  std::string text;
  for (const std::string& note : notes_) {
    text += fmt::format("{}\n", note);
  }
  for (const std::string& line : credit_replay_lines(*result)) {
    text += fmt::format("{}\n", line);
  }
  if (series_.restarts() > 0) {
    text += fmt::format("the counter began again {} times, and is counted from its new zero\n",
                        format_count(series_.restarts()));
  }
  return text;
}

}  // namespace cgtally::monitor
