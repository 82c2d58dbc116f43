// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_csv.h"

#include <utility>

#include "adapters/csv/bursts.h"
#include "adapters/sys/host.h"
#include "core/bursts/lines.h"

namespace cgtally::monitor {

BurstCsv::BurstCsv(Session& session, const BurstSetup& setup, RowWriter rows, Notices& notices)
    : host_(sys::host_name()),
      rows_(std::move(rows)),
      monitor_(session, setup, notices, [this](const NamedBurst& one) {
        rows_.put(csv::bursts_row(one.burst, one.wall, host_, one.account));
      }) {
  monitor_.on_progress([&notices](const NamedBurst& one) {
    notices.report(burst_progress_words(one.burst, one.wall, one.shown()));
  });
}

Result<void> BurstCsv::start(sys::Poller& poller, const Snapshot& base) {
  if (auto started = monitor_.start(poller, base); !started) return started;
  monitor_.await_first_windows();
  return rows_.begin();
}

void BurstCsv::update(const Snapshot& snapshot) {
  monitor_.update(snapshot);
  (void)rows_.write();
}

void BurstCsv::finish() {
  monitor_.finish();
  (void)rows_.write();
}

}  // namespace cgtally::monitor
