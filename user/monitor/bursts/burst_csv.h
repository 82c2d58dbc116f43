// SPDX-License-Identifier: Apache-2.0
// BurstCsv: bursts into a CSV of their own, beside another command's rows.
#pragma once

#include <optional>
#include <string>

#include "monitor/bursts/burst_monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::monitor {

// Owns a BurstMonitor and writes a row for each burst; one that does not end is a notice. `record
// --bursts` has one. Shows nothing.
class BurstCsv {
 public:
  // Session and notices must outlive this.
  BurstCsv(Session& session, const BurstSetup& setup, RowWriter rows, Notices& notices);
  BurstCsv(const BurstCsv&) = delete;
  BurstCsv& operator=(const BurstCsv&) = delete;

  // The header comes when each packet from then on is in a window that is looked at.
  Result<void> start(sys::Poller& poller, const Snapshot& base);
  void update(const Snapshot& snapshot);
  void finish();

  [[nodiscard]] const BurstTotals& totals() const { return monitor_.totals(); }
  [[nodiscard]] std::optional<Error> missing_rows() const { return rows_.missing_rows(); }

 private:
  std::string host_;
  RowWriter rows_;
  BurstMonitor monitor_;
};

}  // namespace cgtally::monitor
