// SPDX-License-Identifier: Apache-2.0
// Bursts into a CSV of their own, beside another command's rows.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "adapters/csv/bursts.h"
#include "adapters/sys/host.h"
#include "core/bursts/lines.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::monitor {

class BurstCsv {
 public:
  // Session, evidence and notices must outlive this.
  BurstCsv(Session& session, BurstEvidence& evidence, const Threshold& threshold, RowWriter rows,
           Notices& notices)
      : rows_(std::move(rows)),
        watch_(session, evidence, threshold, notices, [this](const NamedBurst& one) {
          rows_.put(csv::bursts_row(one.burst, one.wall, host_, one.account));
        }) {
    watch_.on_progress([&notices](const NamedBurst& one) {
      notices.report(burst_progress_words(one.burst, one.wall, one.account));
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
  [[nodiscard]] const BurstTotals& totals() const { return watch_.totals(); }
  [[nodiscard]] std::optional<Error> missing_rows() const { return rows_.missing_rows(); }

 private:
  std::string host_ = sys::host_name();
  RowWriter rows_;
  BurstMonitor watch_;
};

}  // namespace cgtally::monitor
