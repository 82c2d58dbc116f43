// SPDX-License-Identifier: Apache-2.0
// The part of `cgtally replay` that judges credits: the model over the rows of a recording, or over
// the figures of another monitor. Nothing of this machine is asked: the instance is what the user
// says.
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

namespace cgtally::monitor {

struct ReplayCreditOptions {
  InstanceOptions instance;
  std::string csv;  // credits rows; empty: none
  csv::SeriesColumns columns;
  SeriesUnit unit;
  bool has_unit = false;
  bool time_is_start = false;

  // Whether there are terms to judge by.
  [[nodiscard]] bool wanted() const {
    return !instance.instance.empty() || instance.baseline.has_value();
  }
  // The files are another monitor's.
  [[nodiscard]] bool foreign() const { return !columns.rx.empty() || !columns.tx.empty(); }
};
// What cannot go together.
[[nodiscard]] Result<void> check(const ReplayCreditOptions& options);

class CreditReplayer {
 public:
  static Result<std::unique_ptr<CreditReplayer>> begin(const ReplayCreditOptions& options);

  Result<void> add(const Sample& row);
  // A whole file of another monitor.
  Result<void> add_series(std::istream& in, const std::string& name);
  // The lines for the end.
  Result<std::string> finish();

 private:
  CreditReplayer(const ReplayCreditOptions& options, const Instance& instance,
                 std::optional<csv::FileSink> sink);
  void write(const CreditReport& report);
  Result<void> flush();

  const ReplayCreditOptions& options_;
  std::vector<std::string> notes_;
  std::optional<csv::FileSink> sink_;
  std::vector<std::string> rows_;
  Result<void> written_;
  CreditReplay model_;
  ForeignSeries series_;
};

}  // namespace cgtally::monitor
