// SPDX-License-Identifier: Apache-2.0
#include "monitor/offline/credit_replayer.h"

#include <fmt/core.h>

#include "adapters/csv/credits.h"
#include "adapters/series/read.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {

std::string ReplayCreditOptions::foreign_options() const {
  const std::string names = read.told();
  if (!by_file) return names;
  return names.empty() ? "--by-file" : fmt::format("{}, --by-file", names);
}

Result<void> check(const ReplayCreditOptions& options) {
  if (!options.as.empty() && (!options.instance.instance.empty() || options.instance.baseline ||
                              options.instance.bucket || !options.rows.empty())) {
    return std::unexpected(usage_error("--as compares types of the table",
                                       "leave out --instance, --baseline, --bucket and --credits"));
  }
  if (!options.rows.empty() && !options.wanted()) {
    return std::unexpected(usage_error("--credits needs an instance's limits",
                                       "give --instance TYPE, or --baseline and --burst"));
  }
  if (auto checked = NewCsv::check(options.rows); !checked) return checked;
  return series::check(options.read);
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
  return std::unique_ptr<CreditReplayer>(
      new CreditReplayer(options, *instance, std::move(what_if)));
}

CreditReplayer::CreditReplayer(const ReplayCreditOptions& options, const Instance& instance,
                               std::unique_ptr<WhatIfReport> what_if)
    : notes_(instance.notes),
      csv_(options.rows, csv::credits_header()),
      model_(shown_name(instance), instance.terms, options.instance.start, kReplayWarning,
             csv_.wanted()
                 ? CreditReplay::OnReport([this](const CreditReport& report) { write(report); })
                 : CreditReplay::OnReport{}),
      what_if_(std::move(what_if)) {}

void CreditReplayer::write(const CreditReport& report) {
  if (!written_) return;
  for (std::string& row : csv::credits_rows(report)) {
    if (written_) written_ = csv_.add(std::move(row));
  }
}

Result<void> CreditReplayer::add(const Sample& row) {
  if (what_if_) return what_if_->add(row, "the recording");
  if (auto added = model_.add(row); !added) return added;
  return written_;
}

Result<std::string> CreditReplayer::finish(const csv::RowFile& compared) {
  if (what_if_) return what_if_->finish(compared);
  const auto result = model_.finish();
  if (!written_) return std::unexpected(written_.error());
  if (!result) {
    return std::unexpected(Error{.what = "there is no interval in the recording",
                                 .hint = "it takes two moments: record for longer"});
  }
  if (auto finished = csv_.finish(); !finished) return std::unexpected(std::move(finished).error());
  std::string text;
  for (const std::string& note : notes_) {
    text += fmt::format("{}\n", note);
  }
  for (const std::string& line : credit_replay_lines(*result)) {
    text += fmt::format("{}\n", line);
  }
  return text;
}

}  // namespace cgtally::monitor
