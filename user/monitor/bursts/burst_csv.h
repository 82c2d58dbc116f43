// SPDX-License-Identifier: Apache-2.0
// Bursts into a CSV of their own, beside another command's rows.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/bursts.h"
#include "adapters/sys/host.h"
#include "core/bursts/lines.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::monitor {

class BurstCsv {
 public:
  // Session and evidence must outlive this.
  BurstCsv(Session& session, BurstEvidence& evidence, const Threshold& threshold, RowWriter rows)
      : rows_(std::move(rows)), watch_(session, evidence, threshold, [this](const NamedBurst& one) {
          rows_.put(csv::bursts_row(one.burst, one.wall, host_, one.account));
        }) {
    watch_.on_progress([this](const NamedBurst& one) {
      notices_.push_back(burst_progress_words(one.burst, one.wall, one.account));
    });
  }
  BurstCsv(const BurstCsv&) = delete;
  BurstCsv& operator=(const BurstCsv&) = delete;

  Result<void> begin(sys::Poller& poller, const std::string& ledger) {
    return watch_.begin(poller, ledger);
  }
  void round(const std::string& ledger) {
    watch_.round(ledger);
    (void)rows_.write();
  }
  void finish() {
    watch_.finish();
    (void)rows_.write();
  }
  [[nodiscard]] std::vector<std::string> take_notices() {
    auto notices = watch_.take_notices();
    std::ranges::move(std::exchange(notices_, {}), std::back_inserter(notices));
    std::ranges::copy(rows_.take_notices(), std::back_inserter(notices));
    return notices;
  }
  [[nodiscard]] const BurstTotals& totals() const { return watch_.totals(); }
  [[nodiscard]] std::optional<Error> missing_rows() const { return rows_.missing_rows(); }

 private:
  std::string host_ = sys::host_name();
  RowWriter rows_;
  BurstMonitor watch_;
  std::vector<std::string> notices_;
};

}  // namespace cgtally::monitor
