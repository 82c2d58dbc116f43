// SPDX-License-Identifier: Apache-2.0
// LiveExtras: what live and serve show beside the totals. The credits if the instance is known, and
// the bursts if the ledger keeps windows.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/live/report.h"
#include "core/screen/content.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/collectors/monitor.h"
#include "monitor/credits/credit_monitor.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Owns a CreditMonitor and a BurstMonitor, as far as each can be had, and fills their part of
// live's report. As a reader of the saved state of the credits it never writes that: `cgtally
// credits` may run at the same time.
class LiveExtras {
 public:
  // All of them must outlive this. Chooses the allowance counters that the monitor reads.
  LiveExtras(const InterfaceChoice& choice, const CreditOptions& credits, const BurstSetup& bursts,
             Monitor& monitor, sys::Poller& poller, Notices& notices,
             CreditRole role = CreditRole::reader);
  LiveExtras(const LiveExtras&) = delete;
  LiveExtras& operator=(const LiveExtras&) = delete;

  // For who wants each burst and each window himself. Before start().
  void on_burst(BurstMonitor::OnBurst callback) { on_burst_ = std::move(callback); }
  void on_windows(BurstMonitor::OnWindows callback) { on_windows_ = std::move(callback); }
  // For a screen that has pages of credits and of bursts; before start().
  void keep_details() { keeps_details_ = true; }

  // With the monitor's first snapshot.
  void start(const Snapshot& base);
  // With each one after it.
  void update(const Snapshot& snapshot);
  // Credits and bursts as of the last snapshot.
  void fill(Report& report);
  // The same for the pages, if the details are kept.
  void fill(screen::Content& content);
  // The credits in full as of the last snapshot; empty: none are shown.
  [[nodiscard]] const std::optional<CreditReport>& credits() const { return credit_report_; }
  // Null if no windows are kept.
  [[nodiscard]] const BurstMonitor* bursts() const { return bursts_ ? &*bursts_ : nullptr; }
  // The owner of the saved state writes it.
  void save(const Moment& now);

 private:
  [[nodiscard]] bool windows_are_kept() const;
  [[nodiscard]] std::vector<std::string> uncounted_uplinks() const;
  void start_credits(const Snapshot& base);
  void start_bursts(const Snapshot& base);
  void log_burst(const NamedBurst& burst);
  void add_missed(const Moment& now);
  [[nodiscard]] AllowanceVerdict verdict() const;

  const InterfaceChoice& choice_;
  const CreditOptions& credit_options_;
  const BurstSetup& burst_setup_;
  Monitor& monitor_;
  sys::Poller& poller_;
  Notices& notices_;
  CreditRole role_;
  BurstMonitor::OnBurst on_burst_;
  BurstMonitor::OnWindows on_windows_;
  bool shows_credits_ = false;
  std::optional<CreditMonitor> credits_;
  std::optional<CreditReport> credit_report_;
  std::optional<BurstHistory> history_;
  std::optional<BurstMonitor> bursts_;
  bool keeps_details_ = false;
  std::string no_credits_ = "no credits are shown: the instance is not known; give --instance TYPE";
  std::string no_bursts_ = "no bursts are shown: the ledger keeps no windows";
  std::deque<screen::LoggedBurst> burst_log_;  // oldest first
  std::size_t burst_interface_columns_ = 0;
  std::uint64_t missed_ = 0;  // windows that the history knows of
  Moment taken_;
};

}  // namespace cgtally::monitor
