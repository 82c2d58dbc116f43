// SPDX-License-Identifier: Apache-2.0
// Monitor: one reading of everything that a command may show, put together as a Snapshot. Each
// device and each kernel table is asked once for all who use the answer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/health/overflow.h"
#include "core/instance/allowance_counters.h"
#include "core/traffic/reading.h"
#include "core/traffic/sampler.h"
#include "core/traffic/tcp_stats.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/collectors/billed_interfaces.h"
#include "monitor/collectors/tcp_collector.h"
#include "monitor/event_loop.h"
#include "monitor/notices.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

// The interfaces whose allowance counters are read: none, all that are counted, or those of them
// that the instance pays for.
enum class AllowanceScope : std::uint8_t { none, counted, billed };

struct MonitorOptions {
  SessionOptions session;
  bool samples = false;  // differences of each account
  bool tcp = false;
  AllowanceScope allowances = AllowanceScope::none;
};

// The state at one moment. What the options leave out is empty. The references are the monitor's,
// and change with its next snapshot.
struct Snapshot {
  Reading reading;
  bool counting =
      true;  // false while no program counts: the totals then say nothing of the traffic
  std::vector<Sample> samples;               // since the snapshot before; none in the first
  std::optional<AllowanceDelta> allowances;  // only if the counters were read for this snapshot
  const Allowances& counters;                // as of the latest reading of the counters
  BilledInterfaces billed;                   // only with AllowanceScope::billed
  // Of the billed interfaces, read right after the ledger.
  std::map<InterfaceKey, netlink::QdiscStats> queues;
  bool tcp_updated = false;   // the sockets were looked at for this snapshot
  bool tcp_complete = false;  // in all netns
  const TcpStats& tcp;        // as of the latest look
};

// Owns the session and the collectors that several commands use; `live`, `record`, `bursts` and
// `credits` each make one. Does not write, show or judge anything. SampleWriter keeps a sampler of
// its own, because the base of its rows moves only when they were written.
class Monitor {
 public:
  // Attaches or joins the pinned ledger, and follows interfaces and cgroups in `loop` from then on.
  // Both references must outlive the monitor.
  static Result<std::unique_ptr<Monitor>> start(const MonitorOptions& options, EventLoop& loop,
                                                Notices& notices);

  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Reads the ledger; allowance counters and sockets once a second at most. The first snapshot is
  // the base of all differences.
  [[nodiscard]] Snapshot tick();
  // The same without samples and sockets, between two ticks that are far apart. What ended is told
  // by the next tick() as well.
  [[nodiscard]] Snapshot tick_between();
  // From the next tick on.
  void read_allowances_of(AllowanceScope scope) { options_.allowances = scope; }

  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] const Allowances& counters() const { return allowances_.allowances(); }

 private:
  Monitor(const MonitorOptions& options, std::unique_ptr<Session> session, Notices& notices);
  [[nodiscard]] Snapshot read();
  void read_allowances(Snapshot& snapshot);

  MonitorOptions options_;
  std::unique_ptr<Session> session_;
  Notices& notices_;
  OverflowAlarm overflow_;
  AllowanceCollector allowances_;
  BilledInterfaceFinder billed_;
  TcpCollector tcp_;
  Sampler sampler_;
  // Told by a tick between, and owed to the next tick.
  std::vector<FinalTotals> final_totals_;
  std::uint64_t lost_final_totals_ = 0;
};

}  // namespace cgtally::monitor
