// SPDX-License-Identifier: Apache-2.0
// What live shows beside the totals: the credits, where the instance is known, and the bursts,
// where windows are kept. It reads what `credits` has remembered and never writes it: that may be
// running beside it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/threshold.h"
#include "core/live/report.h"
#include "monitor/bursts/burst_context.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/credits/credit_monitor.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

class LiveExtras {
 public:
  // `instance`: none where nobody knows which one this is. All of them must outlive this.
  LiveExtras(const InterfaceChoice& choice, const CreditOptions& credits,
             std::optional<Instance> instance, const Threshold& threshold, Session& session,
             sys::Poller& poller, Notices& notices);
  LiveExtras(const LiveExtras&) = delete;
  LiveExtras& operator=(const LiveExtras&) = delete;

  // After each reading; the first one is the base.
  void round(const Reading& reading);
  // Puts in what is known by the last round.
  void put_into(Report& report);

 private:
  void begin_credits(const Reading& base);
  void begin_bursts(const Reading& base);
  [[nodiscard]] std::vector<std::string> not_counted() const;
  void hear_of_missed(const Moment& now);
  void look_at_allowances(const Reading& reading);
  [[nodiscard]] AllowanceVerdict verdict() const;

  const InterfaceChoice& choice_;
  const CreditOptions& credit_options_;
  std::optional<Instance> instance_;
  Threshold threshold_;
  Session& session_;
  sys::Poller& poller_;
  Notices& notices_;
  BurstContext evidence_;
  AllowanceCollector allowances_;  // while no credits are watched: they look at the counters too
  std::optional<CreditMonitor> credits_;
  std::vector<DirectionCredit> directions_;  // tx first
  std::optional<BurstHistory> board_;
  std::optional<BurstMonitor> bursts_;
  std::uint64_t missed_ = 0;  // windows that the board knows of
  bool begun_ = false;
  Moment taken_;
};

}  // namespace cgtally::monitor
