// SPDX-License-Identifier: Apache-2.0
// CreditMonitor: the network credits of this instance while somebody counts. Saves what was
// learned, so that a restart loses nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "adapters/files/state_file.h"
#include "core/credits/alarm.h"
#include "core/credits/credits.h"
#include "core/credits/report.h"
#include "core/credits/saved_state.h"
#include "core/health/egress_queue.h"
#include "core/traffic/direction.h"
#include "monitor/collectors/monitor.h"
#include "monitor/credits/instance.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

struct CreditOptions {
  InstanceOptions instance;
  std::string start_from;  // a recording; empty: none
  std::string state_dir = "/var/lib/cgtally";
  Nanoseconds warn = std::chrono::minutes{10};
};

// The owner of the saved state writes it; a reader only starts with it, and shows no connections.
enum class CreditRole : std::uint8_t { owner, reader };

// Feeds the model with each snapshot: what moved on the billed interfaces, what the allowance
// counters gained, what TCP says. `credits` makes one, and `live` one that only reads the saved
// state. Does not read the ledger, the counters or sockets: the Monitor does.
class CreditMonitor {
 public:
  // `base`: the monitor's first snapshot, with AllowanceScope::billed and samples. `most_named`:
  // accounts in a report. `notices` must outlive this.
  static Result<CreditMonitor> start(const CreditOptions& options, Instance instance,
                                     std::string host_root, const Snapshot& base,
                                     std::size_t most_named, Notices& notices,
                                     CreditRole role = CreditRole::owner);

  // The state after the snapshot; none if no time has passed since the one before.
  [[nodiscard]] std::optional<CreditReport> update(const Snapshot& snapshot);
  // Writes the state to its file. That it cannot be written is one notice.
  void save(const Moment& now);

 private:
  CreditMonitor(const CreditOptions& options, Instance instance, std::string host_root,
                std::size_t most_named, CreditRole role, Notices& notices);
  Result<void> start_from_recording(const CreditOptions& options, const Moment& now);
  void start_from_saved(const Snapshot& base, BucketStart start);
  [[nodiscard]] std::optional<SavedCredits> read_saved();
  // Whose credits they are at the last snapshot.
  [[nodiscard]] CreditIdentity identity() const;
  void keep(const Snapshot& snapshot);
  void advance(const Snapshot& snapshot);
  // What left the queues, of what was counted before them. `counted`: by the interface's name.
  [[nodiscard]] Bytes sent_by_queues(const Snapshot& snapshot,
                                     const std::map<std::string, Bytes>& counted);
  [[nodiscard]] Traffic paid_for() const;
  [[nodiscard]] CreditReport report(const Snapshot& snapshot) const;
  void raise_alarms(const CreditReport& report);

  Instance instance_;
  std::string host_root_;
  std::size_t most_named_;
  CreditRole role_;
  files::StateFile file_;
  Notices& notices_;
  std::optional<Credits> credits_;
  PerDirection<CreditAlarm> alarms_;
  // Of the last snapshot.
  Moment last_;
  std::string ledger_;
  BilledInterfaces billed_;
  std::map<InterfaceKey, EgressQueue> queues_;
  Traffic billed_traffic_;            // since the ledger was made
  std::optional<Nanoseconds> saved_;  // boot time
  bool save_failed_ = false;
};

}  // namespace cgtally::monitor
