// SPDX-License-Identifier: Apache-2.0
// AllowanceCsv: the allowance counters into a CSV of their own, beside another command's rows.
#pragma once

#include <optional>
#include <string>

#include "monitor/collectors/monitor.h"
#include "monitor/output/row_writer.h"

namespace cgtally::monitor {

// Writes a row for each counter of each reading. `record --allowances` has one. Reads no counter.
class AllowanceCsv {
 public:
  // Session and notices must outlive this.
  AllowanceCsv(const Session& session, RowWriter rows, Notices& notices);

  // Writes the header; after the base has been read.
  Result<void> begin() { return rows_.begin(); }
  // Does nothing if the counters were not read. False: nobody reads the pipe any more.
  [[nodiscard]] bool update(const Snapshot& snapshot);
  [[nodiscard]] std::optional<Error> missing_rows() const { return rows_.missing_rows(); }

 private:
  const Session& session_;
  std::string host_;
  RowWriter rows_;
  Notices& notices_;
};

}  // namespace cgtally::monitor
