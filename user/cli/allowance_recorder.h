// SPDX-License-Identifier: Apache-2.0
// The allowance counters into a CSV, one call for each look. Rows that cannot be written wait for
// room, as many as are reasonable; the totals of later rows make good what is given up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/csv/sink.h"
#include "cli/allowance_watch.h"

namespace cgtally::cli {

class AllowanceRecorder {
 public:
  static Result<AllowanceRecorder> open(const std::string& path, std::string host,
                                        sys::WaitForRoom wait);

  void take(const AllowanceLook& look);
  // Rows are missing; none: all is written.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  AllowanceRecorder(csv::Sink sink, std::string path, std::string host)
      : sink_(std::move(sink)), path_(std::move(path)), host_(std::move(host)) {}

  csv::Sink sink_;
  std::string path_;
  std::string host_;
  std::vector<std::string> waiting_;
  std::optional<Error> failure_;
  std::vector<std::string> notices_;
};

}  // namespace cgtally::cli
