// SPDX-License-Identifier: Apache-2.0
// A session that reads the pinned ledger. It attaches nothing, so any number of them run beside
// each other, and each starts from the totals that are there.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/slot_accounts.h"
#include "monitor/session/cgroup_names.h"
#include "monitor/session/coverage_monitor.h"
#include "monitor/session/interface_names.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

// Session::start() makes one if the pinned ledger will do. When that is taken down, or replaced by
// a new one, the session reports it and goes on. Never changes the ledger.
class PinnedSession final : public Session {
 public:
  // Null if no ledger is up, or if it does not cover the choice; `notices` say why where the user
  // can do something about it.
  static Result<std::unique_ptr<Session>> join(const SessionOptions& options, Notices& notices);

  Result<void> follow_changes(sys::Poller& poller) override {
    return cgroups_.follow_changes(poller);
  }
  [[nodiscard]] Reading read() override;
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const override;
  [[nodiscard]] std::string interface_name(InterfaceKey key) const override {
    return names_.name_of(key);
  }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override;
  [[nodiscard]] std::string describe_interfaces() const override;
  [[nodiscard]] bool is_counting() const override { return state_ == bpf::LedgerState::up; }
  [[nodiscard]] LedgerSummary ledger_summary() const override;
  [[nodiscard]] RunCost cost() const override;
  [[nodiscard]] std::optional<double> coverage_of(std::string_view interface_name) const override {
    return coverage_.coverage_of(interface_name);
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override { return attached_; }
  [[nodiscard]] WindowSettings window_settings() const override;
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey key) const override {
    return view_.windows(key);
  }
  [[nodiscard]] std::optional<Account> account_of_slot(std::uint32_t slot) override {
    return slot_accounts_.owner_of(slot);
  }
  [[nodiscard]] std::uint64_t retire_generation() const override {
    return slot_accounts_.retire_generation();
  }
  [[nodiscard]] std::vector<FinalTotals> earlier_final_totals() override;

 private:
  // The interfaces of the ledger that the user chose.
  struct Filter {
    std::vector<std::string> interfaces;  // names and globs; empty: all
    std::vector<std::string> netns;       // names, globs, processes, paths; empty: all
    std::string host_root;
    std::vector<std::uint64_t> inodes;  // of the netns that `netns` lead to, when last looked for
    void find_netns();
    [[nodiscard]] bool accepts(const bpf::InterfaceRecord& record) const;
    [[nodiscard]] bool accepts_all() const { return interfaces.empty() && netns.empty(); }
  };
  static Result<Filter> filter_of(const InterfaceChoice& choice, const bpf::LedgerChoice& counted);
  static bool covers(bpf::LedgerView& view, const InterfaceChoice& choice);

  PinnedSession(bpf::LedgerView view, CgroupNames cgroups, Filter filter,
                const SessionOptions& options, Notices& notices);
  void update_state();
  void report_damage();  // once, as long as it stays
  [[nodiscard]] bool open_successor();
  void update_interfaces();
  void remove_hidden(Reading& reading) const;

  Notices& notices_;
  bpf::LedgerView view_;
  bpf::SlotAccounts slot_accounts_;
  mutable CgroupNames cgroups_;  // name_of() adds names that only the ledger knows
  Filter filter_;
  CoverageMonitor coverage_;
  std::string bpffs_;
  bpf::LedgerState state_ = bpf::LedgerState::up;
  bool damaged_ = false;
  InterfaceNames names_;          // of all interfaces that the ledger has counted
  std::set<InterfaceKey> shown_;  // those that the filter accepts, also when they have gone
  std::vector<InterfaceKey> attached_;
  std::optional<Nanoseconds> first_read_;  // boot time
  Nanoseconds last_read_{};
};

}  // namespace cgtally::monitor
