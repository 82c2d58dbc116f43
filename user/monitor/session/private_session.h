// SPDX-License-Identifier: Apache-2.0
// A session with programs and a ledger of its own, which are gone with it.
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

class PrivateSession final : public Session {
 public:
  static Result<std::unique_ptr<Session>> start(const SessionOptions& options, Notices& notices);
  ~PrivateSession() override;

  Result<void> offer_to(sys::Poller& poller) override;
  [[nodiscard]] Reading read() override;
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const override {
    return cgroups_.name_of(cgroup_id);
  }
  [[nodiscard]] std::string interface_name(InterfaceKey key) const override {
    return places_.interface_name(key);
  }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override {
    return places_.counted_interfaces(tally_);
  }
  [[nodiscard]] std::string counted() const override { return places_.counted(tally_); }
  [[nodiscard]] LedgerSummary status() const override;
  [[nodiscard]] RunCost cost() const override;
  [[nodiscard]] std::optional<double> seen(std::string_view interface_name) const override {
    return coverage_.seen(interface_name);
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override { return places_.attached(); }
  [[nodiscard]] WindowTerms window_terms() const override;
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey key) const override;
  [[nodiscard]] std::optional<Account> owner_of(std::uint32_t slot) override {
    return owners_.owner_of(slot);
  }
  [[nodiscard]] std::uint64_t retire_generation() const override {
    return owners_.retire_generation();
  }

 private:
  PrivateSession(bpf::PacketPrograms tally, CgroupNames cgroups, InterfaceSet places,
                 std::string host_root, Notices& notices);
  void sample_cost();

  bpf::PacketPrograms tally_;
  bpf::SlotAccounts owners_;
  CgroupNames cgroups_;
  InterfaceSet places_;
  CoverageMonitor coverage_;
  std::string ledger_;
  Moment since_;
  std::optional<Nanoseconds> first_read_;  // boot time
  Nanoseconds last_read_{};
  std::uint64_t readings_ = 0;
  std::optional<std::uint64_t> runs_before_;  // set while the cost is measured
};

}  // namespace cgtally::monitor
