// SPDX-License-Identifier: Apache-2.0
// CreditReplayer: the part of `cgtally replay` that follows the credits through a recording of
// cgtally's own. node_credits.h does the same for files of other monitors.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/row_file.h"
#include "adapters/series/common/options.h"
#include "core/base/result.h"
#include "core/credits/replay.h"
#include "monitor/credits/instance.h"
#include "monitor/offline/new_csv.h"
#include "monitor/offline/what_if_report.h"

namespace cgtally::monitor {

// The time to empty that a replay calls a danger.
inline constexpr Nanoseconds kReplayWarning = std::chrono::minutes{10};

struct ReplayCreditOptions {
  InstanceOptions instance;
  csv::RowFile rows;  // of credits
  series::ReadOptions read;
  bool by_file = false;
  std::vector<std::string> as;  // types to be set side by side, instead of one estimate

  // The user has given limits to follow the credits by.
  [[nodiscard]] bool wanted() const {
    return !as.empty() || !instance.instance.empty() || instance.baseline.has_value();
  }
  // The options that only mean something with files of another monitor, as far as they are given.
  [[nodiscard]] std::string foreign_options() const;
};
// An Error if options contradict each other.
[[nodiscard]] Result<void> check(const ReplayCreditOptions& options);

// Feeds the credit model with rows, and writes its reports to a CSV. Asks nothing of this machine:
// the instance is what the user says. `replay` owns one.
class CreditReplayer {
 public:
  static Result<std::unique_ptr<CreditReplayer>> start(const ReplayCreditOptions& options);

  Result<void> add(const Sample& row);
  // The text for the end of the screen. `compared`: rows of the comparison of types, if that was
  // asked for.
  Result<std::string> finish(const csv::RowFile& compared);

 private:
  CreditReplayer(const ReplayCreditOptions& options, const Instance& instance,
                 std::unique_ptr<WhatIfReport> what_if);
  void write(const CreditReport& report);

  std::vector<std::string> notes_;
  NewCsv csv_;
  Result<void> written_;
  CreditReplay model_;
  std::unique_ptr<WhatIfReport> what_if_;
};

}  // namespace cgtally::monitor
