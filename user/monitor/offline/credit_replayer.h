// SPDX-License-Identifier: Apache-2.0
// CreditReplayer: the part of `cgtally replay` that follows the credits through a recording, or
// through the figures of another monitor.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/foreign_series.h"
#include "core/base/result.h"
#include "core/credits/replay.h"
#include "core/replay/foreign_series.h"
#include "monitor/credits/instance.h"
#include "monitor/offline/what_if_report.h"

namespace cgtally::monitor {

struct ReplayCreditOptions {
  InstanceOptions instance;
  std::string csv;  // credits rows; empty: none
  csv::SeriesColumns columns;
  SeriesUnit unit;
  bool has_unit = false;
  bool time_is_start = false;
  std::vector<std::string> as;  // types to be set side by side, instead of one estimate

  // The user has given limits to follow the credits by.
  [[nodiscard]] bool wanted() const {
    return !as.empty() || !instance.instance.empty() || instance.baseline.has_value();
  }
  // The files are another monitor's.
  [[nodiscard]] bool foreign() const { return !columns.rx.empty() || !columns.tx.empty(); }
};
// An Error if options contradict each other.
[[nodiscard]] Result<void> check(const ReplayCreditOptions& options);

// Feeds the credit model with rows, and writes its reports to a CSV. Asks nothing of this machine:
// the instance is what the user says. `replay` owns one.
class CreditReplayer {
 public:
  static Result<std::unique_ptr<CreditReplayer>> start(const ReplayCreditOptions& options);

  Result<void> add(const Sample& row);
  // A whole file of another monitor.
  Result<void> add_series(std::istream& in, const std::string& name);
  // The text for the end of the screen. `csv`: of the comparison of types, if that was asked for.
  Result<std::string> finish(const std::string& csv);

 private:
  CreditReplayer(const ReplayCreditOptions& options, const Instance& instance,
                 std::optional<csv::FileSink> sink, std::unique_ptr<WhatIfReport> what_if);
  void write(const CreditReport& report);
  Result<void> flush();

  const ReplayCreditOptions& options_;
  std::vector<std::string> notes_;
  std::optional<csv::FileSink> sink_;
  std::vector<std::string> rows_;
  Result<void> written_;
  CreditReplay model_;
  std::unique_ptr<WhatIfReport> what_if_;
  ForeignSeries series_;
};

}  // namespace cgtally::monitor
