// SPDX-License-Identifier: Apache-2.0
// Bursts into a CSV, a row each. Rows that cannot be written now are kept for a time at which there
// is room, up to a bound; what goes beyond it is counted and said.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/sink.h"
#include "cli/burst_watch.h"

namespace cgtally::cli {

class BurstRecorder {
 public:
  static Result<BurstRecorder> open(const std::string& path, std::string host,
                                    sys::WaitForRoom wait);

  void put(const NamedBurst& burst);
  // False: nobody reads the pipe any more.
  [[nodiscard]] bool write();
  // At the end: rows that could not be written.
  [[nodiscard]] std::optional<Error> missing_rows() const;
  [[nodiscard]] std::vector<std::string> take_notices() { return std::exchange(notices_, {}); }

 private:
  BurstRecorder(csv::Sink sink, std::string path, std::string host)
      : sink_(std::move(sink)), path_(std::move(path)), host_(std::move(host)) {}

  csv::Sink sink_;
  std::string path_;
  std::string host_;
  std::vector<std::string> rows_;
  std::uint64_t lost_ = 0;
  std::optional<Error> failure_;
  std::vector<std::string> notices_;
};

}  // namespace cgtally::cli
