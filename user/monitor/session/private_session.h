// SPDX-License-Identifier: Apache-2.0
// A session with private programs and a private ledger: both end with it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "adapters/bpf/ledger/slot_accounts.h"
#include "adapters/bpf/programs/packet_programs.h"
#include "monitor/session/cgroup_names.h"
#include "monitor/session/coverage_monitor.h"
#include "monitor/session/interface_set.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

// Session::start() makes one where no pinned ledger will do. Attaches at its start, follows
// interfaces that come and go, and detaches at its end. Knows nothing of a pinned ledger.
class PrivateSession final : public Session {
 public:
  static Result<std::unique_ptr<Session>> start(const SessionOptions& options, Notices& notices);
  ~PrivateSession() override;

  Result<void> follow_changes(sys::Poller& poller) override;
  [[nodiscard]] Reading read() override;
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const override {
    return cgroups_.name_of(cgroup_id);
  }
  [[nodiscard]] std::string interface_name(InterfaceKey key) const override {
    return interfaces_.interface_name(key);
  }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override {
    return interfaces_.counted_interfaces(programs_);
  }
  [[nodiscard]] std::string describe_interfaces() const override {
    return interfaces_.describe_attached(programs_);
  }
  [[nodiscard]] LedgerSummary ledger_summary() const override;
  [[nodiscard]] RunCost cost() const override;
  [[nodiscard]] std::optional<double> coverage_of(std::string_view interface_name) const override {
    return coverage_.coverage_of(interface_name);
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override {
    return interfaces_.attached();
  }
  [[nodiscard]] WindowSettings window_settings() const override {
    return {.window = programs_.window(), .clock_read_bytes = programs_.clock_read_bytes()};
  }
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey key) const override {
    return programs_.windows(key);
  }
  [[nodiscard]] std::optional<Account> account_of_slot(std::uint32_t slot) override {
    return slot_accounts_.owner_of(slot);
  }
  [[nodiscard]] std::uint64_t retire_generation() const override {
    return slot_accounts_.retire_generation();
  }

 private:
  PrivateSession(bpf::PacketPrograms programs, CgroupNames cgroups, InterfaceSet interfaces,
                 const SessionOptions& options, Notices& notices);
  void sample_cost();
  void look_for_ledger(Nanoseconds now);

  bpf::PacketPrograms programs_;
  bpf::SlotAccounts slot_accounts_;
  CgroupNames cgroups_;
  InterfaceSet interfaces_;
  CoverageMonitor coverage_;
  std::string ledger_id_;
  Moment since_;
  std::optional<Nanoseconds> first_read_;  // boot time
  Nanoseconds last_read_{};
  std::uint64_t readings_ = 0;
  Notices& notices_;
  std::string awaited_at_;  // bpffs where a ledger may come up; empty: one was up, or nobody asks
  Nanoseconds looked_{};    // boot time
  std::optional<std::uint64_t> runs_before_;  // set while the cost is measured
};

}  // namespace cgtally::monitor
