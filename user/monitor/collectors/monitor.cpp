// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/monitor.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "adapters/sys/host.h"

namespace cgtally::monitor {

Result<std::unique_ptr<Monitor>> Monitor::start(const MonitorOptions& options, EventLoop& loop,
                                                Notices& notices) {
  SessionOptions how = options.session;
  how.asked_to_end = [&loop] { return loop.asked_to_end(); };
  auto session = Session::start(how, notices);
  if (!session) return std::unexpected(std::move(session).error());
  if (auto followed = (*session)->follow_changes(loop.poller()); !followed) {
    return std::unexpected(std::move(followed).error());
  }
  return std::unique_ptr<Monitor>(new Monitor(options, *std::move(session), notices));
}

Monitor::Monitor(const MonitorOptions& options, std::unique_ptr<Session> session, Notices& notices)
    : options_(options),
      session_(std::move(session)),
      notices_(notices),
      overflow_(session_->cost().only_read ? OverflowAlarm::LedgerKind::pinned
                                           : OverflowAlarm::LedgerKind::own),
      allowances_(options.session.choice.host_root, notices),
      billed_(options.session.choice.host_root),
      tcp_(options.session.choice.host_root, notices),
      sampler_(sys::host_name()) {
  if (!session_->sums_accounts()) return;
  tcp_.sum_by([this](std::uint64_t cgroup_id) {
    return session_->account_of({.kind = AccountKind::cgroup, .cgroup_id = cgroup_id}).cgroup_id;
  });
}

Snapshot Monitor::read() {
  Snapshot snapshot{.reading = session_->read(),
                    .counting = session_->is_counting(),
                    .samples = {},
                    .allowances = {},
                    .counters = allowances_.allowances(),
                    .billed = {},
                    .queues = {},
                    .tcp_updated = false,
                    .tcp_complete = tcp_.complete(),
                    .tcp = tcp_.stats()};
  read_allowances(snapshot);
  const Reading& reading = snapshot.reading;
  if (auto full = overflow_.update(reading.ledger, reading.accounts,
                                   session_->ledger_summary().slots_total)) {
    notices_.report(*std::move(full));
  }
  return snapshot;
}

Snapshot Monitor::tick() {
  Snapshot snapshot = read();
  Reading& reading = snapshot.reading;
  std::ranges::move(reading.final_totals, std::back_inserter(final_totals_));
  reading.final_totals = std::exchange(final_totals_, {});
  reading.lost_final_totals += std::exchange(lost_final_totals_, 0);
  if (options_.tcp) {
    snapshot.tcp_updated = tcp_.update(reading.taken);
    snapshot.tcp_complete = tcp_.complete();
  }
  if (options_.samples) {
    snapshot.samples = sampler_.process(
        reading, [this](std::uint64_t id) { return session_->name_of(id); },
        [this](InterfaceKey key) { return session_->interface_name(key); });
    sampler_.commit();
  }
  return snapshot;
}

Snapshot Monitor::tick_between() {
  Snapshot snapshot = read();
  std::ranges::copy(snapshot.reading.final_totals, std::back_inserter(final_totals_));
  lost_final_totals_ += snapshot.reading.lost_final_totals;
  return snapshot;
}

// Right after the ledger: its packets are what the counters are a share of.
void Monitor::read_allowances(Snapshot& snapshot) {
  switch (options_.allowances) {
    case AllowanceScope::none:
      break;
    case AllowanceScope::counted:
      snapshot.allowances =
          allowances_.update(snapshot.reading, [this] { return session_->counted_interfaces(); });
      break;
    case AllowanceScope::billed:
      snapshot.billed = billed_.among(session_->counted_interfaces());
      snapshot.queues =
          snapshot_queues(snapshot.billed.interfaces, options_.session.choice.host_root);
      snapshot.allowances =
          allowances_.update(snapshot.reading, [&snapshot] { return snapshot.billed.interfaces; });
      break;
  }
}

}  // namespace cgtally::monitor
