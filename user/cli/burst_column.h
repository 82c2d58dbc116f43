// SPDX-License-Identifier: Apache-2.0
// Bursts into a CSV of their own, beside another command's rows.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "cli/burst_recorder.h"
#include "cli/burst_watch.h"

namespace cgtally::cli {

class BurstColumn {
 public:
  // Session and evidence must outlive this.
  BurstColumn(Session& session, BurstEvidence& evidence, const Threshold& threshold,
              BurstRecorder recorder)
      : recorder_(std::move(recorder)),
        watch_(session, evidence, threshold, [this](const auto& burst) { recorder_.put(burst); }) {}
  BurstColumn(const BurstColumn&) = delete;
  BurstColumn& operator=(const BurstColumn&) = delete;

  Result<void> begin(sys::Poller& poller, const std::string& ledger) {
    return watch_.begin(poller, ledger);
  }
  void round(const std::string& ledger) {
    watch_.round(ledger);
    (void)recorder_.write();
  }
  void finish() {
    watch_.finish();
    (void)recorder_.write();
  }
  [[nodiscard]] std::vector<std::string> take_notices() {
    auto notices = watch_.take_notices();
    std::ranges::copy(recorder_.take_notices(), std::back_inserter(notices));
    return notices;
  }
  [[nodiscard]] const BurstTotals& totals() const { return watch_.totals(); }
  [[nodiscard]] std::optional<Error> missing_rows() const { return recorder_.missing_rows(); }

 private:
  BurstRecorder recorder_;
  BurstWatch watch_;
};

}  // namespace cgtally::cli
