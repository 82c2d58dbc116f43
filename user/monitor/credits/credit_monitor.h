// SPDX-License-Identifier: Apache-2.0
// The credits of this instance while somebody counts: feeds the model with each reading, with the
// allowance counters and with what TCP says, and remembers the state across restarts. What is
// charged are the uplinks, all of them; where none is counted, whatever is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sys/state_file.h"
#include "core/credits/alarm.h"
#include "core/credits/credits.h"
#include "core/credits/report.h"
#include "core/traffic/sampler.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/collectors/billed_interfaces.h"
#include "monitor/collectors/tcp_collector.h"
#include "monitor/credits/instance.h"
#include "monitor/notices.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

struct CreditOptions {
  InstanceOptions instance;
  std::string start_from;  // a recording; empty: none
  std::string state_dir = "/var/lib/cgtally";
  Nanoseconds warn = std::chrono::minutes{10};
};

// "t4g.micro", "DMI", "table of 2026-08-02".
[[nodiscard]] InstanceName shown_name(const Instance& instance);

// Whose the remembered state is: the keeper's, who writes it, or of somebody who only begins with
// it. A bystander asks nothing of TCP either: it shows no reasons.
enum class CreditRole : std::uint8_t { keeper, bystander };

class CreditMonitor {
 public:
  // `most_named`: accounts in a report. The session's first reading is the base.
  static Result<CreditMonitor> begin(const CreditOptions& options, Instance instance,
                                     std::string host_root, Session& session, const Reading& base,
                                     std::size_t most_named, Notices& notices,
                                     CreditRole role = CreditRole::keeper);

  // What the reading says; none for one that took no time.
  [[nodiscard]] std::optional<CreditReport> take(Session& session, const Reading& reading);
  // The look at the allowance counters that the last take() has made, if it was time for one.
  [[nodiscard]] const std::optional<AllowanceDelta>& looked() const { return looked_; }
  [[nodiscard]] const Allowances& allowances() const { return allowances_.allowances(); }
  // Empty if it could be kept; said once otherwise.
  void save(Session& session, const Moment& now);

 private:
  CreditMonitor(const CreditOptions& options, Instance instance, std::string host_root,
                std::size_t most_named, CreditRole role, Notices& notices);
  Result<void> open(const CreditOptions& options, Session& session, const Reading& base);
  Result<void> start_from(const CreditOptions& options, const Moment& now);
  void start_from_memory(Session& session, const Reading& base, BucketStart start);
  [[nodiscard]] std::optional<SavedCredits> remembered();
  [[nodiscard]] CreditIdentity place(Session& session, const Moment& now, std::string ledger,
                                     const Traffic& booked);
  [[nodiscard]] BilledInterfaces charged(Session& session) {
    return uplinks_.among(session.counted_interfaces());
  }
  [[nodiscard]] Traffic booked(Session& session, const Reading& reading);
  void advance(Session& session, const Reading& reading);
  [[nodiscard]] CreditReport report(const Moment& now);

  Instance instance_;
  std::string host_root_;
  Notices& notices_;
  std::size_t most_named_;
  CreditRole role_;
  sys::StateFile file_;
  BilledInterfaceFinder uplinks_;
  Sampler sampler_;
  AllowanceCollector allowances_;
  std::optional<AllowanceDelta> looked_;
  TcpCollector connections_;
  std::optional<Credits> credits_;
  PerDirection<CreditAlarm> alarms_;
  Moment last_;
  std::string ledger_;
  Traffic booked_;
  std::optional<Nanoseconds> saved_;  // boot time
  bool save_failed_ = false;
};

}  // namespace cgtally::monitor
