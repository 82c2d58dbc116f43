// SPDX-License-Identifier: Apache-2.0
// A session whose accounts are summed by the names of containers, pods or units: --by.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/groups/account_groups.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

// Session::start() puts one around another session. Changes accounts and their names, and nothing
// of interfaces, windows or costs. Commands need not know that their accounts are groups.
class GroupedSession final : public Session {
 public:
  GroupedSession(std::unique_ptr<Session> inner, Grouping by)
      : inner_(std::move(inner)), groups_(by) {}

  Result<void> follow_changes(sys::Poller& poller) override {
    return inner_->follow_changes(poller);
  }
  [[nodiscard]] Reading read() override;
  [[nodiscard]] AccountName name_of(std::uint64_t cgroup_id) const override {
    return groups_.name_of(cgroup_id, names());
  }
  [[nodiscard]] std::string interface_name(InterfaceKey key) const override {
    return inner_->interface_name(key);
  }
  [[nodiscard]] std::vector<CountedInterface> counted_interfaces() override {
    return inner_->counted_interfaces();
  }
  [[nodiscard]] std::string describe_interfaces() const override {
    return inner_->describe_interfaces();
  }
  [[nodiscard]] bool is_counting() const override { return inner_->is_counting(); }
  [[nodiscard]] LedgerSummary ledger_summary() const override { return inner_->ledger_summary(); }
  [[nodiscard]] RunCost cost() const override { return inner_->cost(); }
  [[nodiscard]] std::optional<double> coverage_of(std::string_view interface_name) const override {
    return inner_->coverage_of(interface_name);
  }
  [[nodiscard]] std::vector<InterfaceKey> attached() const override { return inner_->attached(); }
  [[nodiscard]] WindowSettings window_settings() const override {
    return inner_->window_settings();
  }
  [[nodiscard]] Result<bpf::Windows> windows(InterfaceKey key) const override {
    return inner_->windows(key);
  }
  [[nodiscard]] std::optional<Account> account_of_slot(std::uint32_t slot) override;
  [[nodiscard]] std::uint64_t retire_generation() const override {
    return inner_->retire_generation();
  }
  [[nodiscard]] Account account_of(const Account& account) override {
    return groups_.account_of(account, names());
  }
  [[nodiscard]] bool sums_accounts() const override { return true; }

 private:
  [[nodiscard]] AccountGroups::NameOf names() const {
    return [this](std::uint64_t cgroup_id) { return inner_->name_of(cgroup_id); };
  }
  Reading first_reading();

  std::unique_ptr<Session> inner_;
  AccountGroups groups_;
  bool began_ = false;
};

}  // namespace cgtally::monitor
