// SPDX-License-Identifier: Apache-2.0
// LifecycleMonitor: begins and ends of containers as the pinned ledger learns of them, those of the
// last minutes first.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bpf/cgroups/cgroup_events.h"
#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "core/lifecycle/end_watch.h"
#include "core/lifecycle/history.h"
#include "core/lifecycle/row.h"
#include "monitor/notices.h"
#include "monitor/pinned/ledger_names.h"

namespace cgtally::monitor {

struct LifecycleOptions {
  std::string bpffs;
  std::string host_root;
  std::string account;  // glob; empty: all
  Grouping by = Grouping::cgroup;
  Nanoseconds since{};  // how far back from the start ends are told
};

// `lifecycle` has one. Reads the ledger's lives again and again, names them, and adds what the
// keeper saw in the pod and the totals. Changes nothing, and prints nothing.
class LifecycleMonitor {
 public:
  // An Error if no ledger is up. `notices` must outlive this.
  static Result<std::unique_ptr<LifecycleMonitor>> start(const LifecycleOptions& options,
                                                         Notices& notices);

  // From here on `on_change` is called when a cgroup begins or ends, besides the caller's own
  // ticks. The poller must outlive this.
  Result<void> follow_changes(sys::Poller& poller, std::function<void()> on_change);
  // What can be told now, in the order of time.
  [[nodiscard]] std::vector<lifecycle::Row> tick();
  // What is still waited for, as far as it is known.
  [[nodiscard]] std::vector<lifecycle::Row> finish();

  [[nodiscard]] const lifecycle::EndHistory& history() const { return history_; }
  [[nodiscard]] std::string describe() const;

 private:
  LifecycleMonitor(bpf::LedgerView view, const LifecycleOptions& options, Notices& notices);
  [[nodiscard]] std::vector<lifecycle::ContainerLife> read_lives();
  const lifecycle::LifeName& life_name(std::uint64_t cgroup_id);
  [[nodiscard]] std::vector<lifecycle::Row> rows_of(
      const std::vector<lifecycle::Happening>& happenings);
  [[nodiscard]] lifecycle::Row row_of(const lifecycle::Happening& happening, Moment now);
  void add_end(lifecycle::Row& row, const lifecycle::Happening& happening);
  [[nodiscard]] std::string siblings_of(const lifecycle::ContainerLife& ended, Nanoseconds at);
  void read_totals();
  [[nodiscard]] std::optional<Traffic> totals_of(const lifecycle::ContainerLife& container);
  [[nodiscard]] bool is_below(std::uint64_t cgroup_id, std::uint64_t above);
  void check_ledger();

  bpf::LedgerView view_;
  LifecycleOptions options_;
  Notices& notices_;
  LedgerNames names_;
  std::map<std::uint64_t, lifecycle::LifeName> known_;  // settled names
  lifecycle::EndWatch watch_;
  lifecycle::EndHistory history_;
  std::vector<lifecycle::ContainerLife> containers_;  // as of the last tick
  std::map<std::uint64_t, Traffic> totals_;           // by cgroup, when last read
  std::optional<bpf::CgroupEvents> events_;
  std::optional<Nanoseconds> told_from_;  // boot time; what is older is only evidence
  std::string host_;
  bool up_ = true;
};

}  // namespace cgtally::monitor
