// SPDX-License-Identifier: Apache-2.0
#include "monitor/output/allowance_csv.h"

#include <utility>

#include <fmt/core.h>

#include "adapters/csv/allowances.h"
#include "adapters/sys/host.h"

namespace cgtally::monitor {

AllowanceCsv::AllowanceCsv(const Session& session, RowWriter rows, Notices& notices)
    : session_(session), host_(sys::host_name()), rows_(std::move(rows)), notices_(notices) {}

bool AllowanceCsv::update(const Snapshot& snapshot) {
  if (!snapshot.allowances) return true;
  const AllowanceDelta& delta = *snapshot.allowances;
  if (delta.interval == Nanoseconds::zero() && !delta.any) {
    notices_.report(fmt::format("no allowance counters on {}: only the ENA driver has them",
                                session_.describe_interfaces()));
  }
  for (const AllowanceStep& step : delta.steps) {
    rows_.put(csv::allowances_row(host_, delta.taken, delta.interval, step));
  }
  return rows_.write();
}

}  // namespace cgtally::monitor
