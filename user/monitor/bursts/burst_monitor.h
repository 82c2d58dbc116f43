// SPDX-License-Identifier: Apache-2.0
// BurstMonitor: finds the bursts of a session in its windows and hands each on once its cause is
// known.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sys/poller.h"
#include "adapters/sys/timer.h"
#include "core/base/rate_limiter.h"
#include "core/bursts/detector.h"
#include "core/bursts/groups.h"
#include "core/bursts/rate_history.h"
#include "core/bursts/summary.h"
#include "core/traffic/direction.h"
#include "monitor/bursts/burst_context.h"
#include "monitor/bursts/slot_resolver.h"
#include "monitor/bursts/window_reader.h"
#include "monitor/collectors/monitor.h"
#include "monitor/notices.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

// The windows that one reading of an interface brought in one direction.
struct SeenWindows {
  const std::string& iface;
  Direction direction = Direction::rx;
  Nanoseconds window{};
  const WindowBatch* batch = nullptr;            // none: the interface is not read any more
  std::vector<Burst> ended = {};                 // each is handed on later, as a NamedBurst
  std::optional<std::uint64_t> open_since = {};  // window_index of the burst that is under way
};

// Has the windows read often enough to miss none, and reports those that were missed nevertheless.
// live, bursts and BurstCsv own one. Does not read the ledger or the allowance counters: it takes
// them from the snapshots.
class BurstMonitor {
 public:
  using OnBurst = std::function<void(const NamedBurst&)>;
  using OnWindows = std::function<void(const SeenWindows&)>;

  // Session and notices must outlive this.
  BurstMonitor(Session& session, const BurstSetup& setup, Notices& notices, OnBurst on_burst);
  // Called with the windows of each reading, before the bursts that they end.
  void on_windows(OnWindows callback) { on_windows_ = std::move(callback); }
  // Called with each burst that does not end, as far as it has come, ever more seldom.
  void on_progress(OnBurst callback) { on_progress_ = std::move(callback); }
  // The missed windows that become notices: all, or those of the first update that has any. On a
  // host that is busy for long they would drive out all others; the totals have them anyway.
  enum class MissedReports : std::uint8_t { all, first };
  void set_missed_reports(MissedReports reports) { missed_reports_ = reports; }
  // `base`: the monitor's first snapshot. An Error if no windows are kept.
  Result<void> start(sys::Poller& poller, const Snapshot& base);
  // After start(): comes back when each packet from then on is in a window that is looked at.
  void await_first_windows() const { reader_.await_first(); }
  // With each snapshot, once a second: interfaces that came or went, and the counters.
  void update(const Snapshot& snapshot);
  // Waits for the last windows to close. A burst that is open then ends with them.
  void finish();

  [[nodiscard]] bool has_counters() const { return context_.has_counters(); }
  // Bursts that have lasted for long and go on.
  [[nodiscard]] std::vector<NamedBurst> under_way() const;
  [[nodiscard]] const BurstTotals& totals() const { return totals_; }
  [[nodiscard]] std::string account_name(const Account& account) const;

 private:
  // Of one direction of one interface.
  struct DirectionState {
    explicit DirectionState(Nanoseconds window) : detector(window) {}
    BurstDetector detector;
    FollowingThreshold following;
    BackoffSchedule progress;
  };
  struct Watched {
    Watched(std::string shown_as, Nanoseconds window)
        : name(std::move(shown_as)),
          states{.rx = DirectionState(window), .tx = DirectionState(window)} {}
    std::string name;
    PerDirection<DirectionState> states;
  };
  void follow_interfaces();
  void rename(Watched& watched, const std::string& name);
  void drop(const std::vector<InterfaceKey>& keys);
  void process_windows();
  void drain_reader(Nanoseconds boot_time);
  void process(Watched& watched, Direction direction, const WindowBatch& batch);
  void end_bursts_of(Watched& watched);
  void await_cause(const Watched& watched, Direction direction, Burst burst);
  void report_missed(const Watched& watched, Direction direction, const MissedWindows& missed);
  void check_wall_clock(const Moment& now);
  void explain(Nanoseconds boot_time);
  void report_progress(Watched& watched, Direction direction, std::uint64_t through);
  [[nodiscard]] std::optional<NamedBurst> so_far(const Watched& watched, Direction direction) const;
  [[nodiscard]] Nanoseconds start_of(std::uint64_t window_index) const {
    return window_ * static_cast<std::int64_t>(window_index);
  }
  [[nodiscard]] std::string top_account(const Burst& burst) const;
  [[nodiscard]] std::string top_label(const Burst& burst) const;

  Session& session_;
  BurstContext context_;
  Threshold threshold_;
  Notices& notices_;
  OnBurst on_burst_;
  OnWindows on_windows_;
  OnBurst on_progress_;
  Nanoseconds window_{};
  std::string ledger_;
  std::optional<SlotResolver> resolver_;
  WindowReader reader_;
  std::optional<sys::Timer> timer_;
  sys::Poller* poller_ = nullptr;
  std::map<InterfaceKey, Watched> watched_;
  PerDirection<BurstExplainer> explainers_;
  PerDirection<RateHistory> histories_;
  std::optional<Nanoseconds> wall_ahead_;  // of the boot clock
  Bytes late_;                             // of interfaces that are not read any more
  BurstTotals totals_;
  MissedReports missed_reports_ = MissedReports::all;
  bool missed_before_ = false;  // in an earlier update
};

}  // namespace cgtally::monitor
