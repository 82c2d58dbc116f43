// SPDX-License-Identifier: Apache-2.0
// ReplayCollector: recordings of samples, as if they were counted now.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/credits/replay.h"
#include "core/serve/node_figures.h"
#include "core/traffic/sample.h"
#include "monitor/credits/instance.h"
#include "monitor/serve/node_collector.h"

namespace cgtally::monitor {

// Reads all of the files at its start; a recording of an hour with a hundred accounts takes some
// 100 MB. Each state has the rows of one recorded moment, and the wall time of now: the caller asks
// for the next one when next_in() has passed.
class ReplayCollector {
 public:
  // An Error if a file is not a recording, or if they are not of one host and ledger.
  static Result<std::unique_ptr<ReplayCollector>> start(NodeOptions options,
                                                        const std::vector<std::string>& files,
                                                        const InstanceOptions& instance);
  ReplayCollector(const ReplayCollector&) = delete;
  ReplayCollector& operator=(const ReplayCollector&) = delete;

  [[nodiscard]] SharedState start();
  // Again with the last figures once the recording is over.
  [[nodiscard]] SharedState tick(std::uint64_t acknowledged);

 private:
  explicit ReplayCollector(NodeOptions options)
      : options_(std::move(options)), figures_(options_.top) {}
  Result<void> add(const Sample& row, const std::string& location);
  [[nodiscard]] std::vector<Sample> rows_until(Nanoseconds since_first);
  void give_to_credits(const std::vector<Sample>& rows);
  [[nodiscard]] SharedState new_state(const Moment& now);

  NodeOptions options_;
  serve::NodeFigures figures_;
  std::vector<Sample> rows_;
  std::size_t next_ = 0;
  std::unique_ptr<CreditReplay> credits_;
  std::optional<CreditReport> credit_report_;
  Moment began_;  // of the serving
  std::optional<Moment> last_;
  std::uint64_t sequence_ = 0;
};

}  // namespace cgtally::monitor
