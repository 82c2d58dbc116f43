// SPDX-License-Identifier: Apache-2.0
// A session that reads the pinned ledger: it attaches nothing, so any number of them run beside
// each other, and each begins where the totals are. When the ledger is taken down or begins anew,
// it says so and goes on.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/bpf/ledger/slot_accounts.h"
#include "monitor/session/cgroup_names.h"
#include "monitor/session/coverage_monitor.h"
#include "monitor/session/interface_names.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

class PinnedSession final : public Session {
 public:
  // Empty: there is none that is up, or it does not count what is asked for; `notices` are told
  // where the user should know.
  static Result<std::unique_ptr<Session>> join(const SessionOptions& options, Notices& notices);

  Result<void> offer_to(sys::Poller& poller) override { return cgroups_.offer_to(poller); }
  [[nodiscard]] Reading read() override;
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const override;
  [[nodiscard]] std::string interface_name(InterfaceKey key) const override {
    return names_.name_of(key);
  }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override;
  [[nodiscard]] std::string counted() const override;
  [[nodiscard]] bool counting() const override { return state_ == bpf::LedgerState::up; }
  [[nodiscard]] LedgerSummary status() const override;
  [[nodiscard]] RunCost cost() const override;
  [[nodiscard]] std::optional<double> seen(std::string_view interface_name) const override {
    return coverage_.seen(interface_name);
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override { return attached_; }
  [[nodiscard]] WindowTerms window_terms() const override;
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey key) const override {
    return view_.windows(key);
  }
  [[nodiscard]] std::optional<Account> owner_of(std::uint32_t slot) override {
    return owners_.owner_of(slot);
  }
  [[nodiscard]] std::uint64_t retire_generation() const override {
    return owners_.retire_generation();
  }

 private:
  struct Filter {
    std::vector<std::string> interfaces;
    std::vector<std::uint64_t> netns;  // inodes
    [[nodiscard]] bool takes(const bpf::InterfaceRecord& record) const;
    [[nodiscard]] bool takes_all() const { return interfaces.empty() && netns.empty(); }
  };
  static Result<Filter> filter_of(const SessionOptions& options);
  static bool counts_all_of(const Filter& filter, bpf::LedgerView& view);

  PinnedSession(bpf::LedgerView view, CgroupNames cgroups, Filter filter,
                const SessionOptions& options, Notices& notices);
  void look_at_state();
  void name_interfaces();

  Notices& notices_;
  bpf::LedgerView view_;
  bpf::SlotAccounts owners_;
  mutable CgroupNames cgroups_;  // learns names when it is asked for them
  Filter filter_;
  CoverageMonitor coverage_;
  std::string bpffs_;
  bpf::LedgerState state_ = bpf::LedgerState::up;
  InterfaceNames names_;          // of all that the ledger has counted
  std::set<InterfaceKey> shown_;  // those that the filter takes, also when they have gone
  std::vector<InterfaceKey> attached_;
  std::optional<Nanoseconds> first_read_;  // boot time
  Nanoseconds last_read_{};
};

}  // namespace cgtally::monitor
