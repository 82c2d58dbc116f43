// SPDX-License-Identifier: Apache-2.0
// Finds the bursts of a session: has its windows read often enough to miss none, and hands each
// burst on once its cause is known. Where windows were missed nevertheless it says what.
#pragma once

#include <array>
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
#include "core/bursts/rate_history.h"
#include "core/bursts/summary.h"
#include "monitor/bursts/burst_evidence.h"
#include "monitor/bursts/slot_resolver.h"
#include "monitor/bursts/window_reader.h"
#include "monitor/notices.h"
#include "monitor/session/session.h"

namespace cgtally::monitor {

struct NamedBurst {
  ExplainedBurst burst;
  Nanoseconds wall{};   // when it began
  std::string account;  // its top account; empty: nobody can tell
};

// What one look at an interface has brought in one direction.
struct SeenWindows {
  const std::string& iface;
  Direction direction = Direction::rx;
  Nanoseconds window{};
  const WindowBatch* batch = nullptr;            // none: it is watched no more
  std::vector<Burst> ended = {};                 // each is handed on later, as a NamedBurst
  std::optional<std::uint64_t> open_since = {};  // window_index of the burst that is under way
};

class BurstMonitor {
 public:
  using OnBurst = std::function<void(const NamedBurst&)>;
  using OnWindows = std::function<void(const SeenWindows&)>;

  // All of them must outlive this.
  BurstMonitor(Session& session, BurstEvidence& evidence, Threshold threshold, Notices& notices,
               OnBurst on_burst);
  // Called with the windows of each look, before the bursts that they end.
  void on_windows(OnWindows callback) { on_windows_ = std::move(callback); }
  // Called with each burst that does not end, as far as it has come, ever more seldom.
  void on_progress(OnBurst callback) { on_progress_ = std::move(callback); }
  // Missed windows as notices: all of them, or those of the first round that has any. On a host
  // that is busy for long they would drive out all others; the totals have them.
  enum class MissedReports : std::uint8_t { all, first };
  void report_missed(MissedReports which) { missed_reports_ = which; }
  // An Error where no windows are kept.
  Result<void> begin(sys::Poller& poller, const std::string& ledger);
  // Each second, after the session was read: interfaces that came or went, and the counters.
  // `ledger`: as the reading says.
  void round(const std::string& ledger);
  // Waits for the last windows to close. What is open then is a burst as far as it has come.
  void finish();

  // Those that have lasted for long and go on.
  [[nodiscard]] std::vector<NamedBurst> under_way() const;
  [[nodiscard]] const BurstTotals& totals() const { return totals_; }
  [[nodiscard]] std::string account_name(const Account& account) const;

 private:
  struct Way {
    explicit Way(Nanoseconds window) : detector(window) {}
    BurstDetector detector;
    FollowingThreshold following;
    BackoffSchedule progress;
  };
  struct Watched {
    std::string name;
    std::array<Way, 2> ways;
  };
  void follow_interfaces();
  void let_go_of(const std::vector<InterfaceKey>& keys);
  void look();
  void take_windows(Nanoseconds boot_time);
  void take(Watched& watched, Direction direction, const WindowBatch& batch);
  void end_bursts_of(Watched& watched);
  void put(const Watched& watched, Direction direction, Burst burst);
  void note_missed(const Watched& watched, Direction direction, const MissedWindows& missed);
  void note_wall_clock(const Moment& now);
  void settle(Nanoseconds boot_time);
  void tell_progress(Watched& watched, Direction direction, std::uint64_t through);
  [[nodiscard]] NamedBurst so_far(const Watched& watched, Direction direction) const;
  [[nodiscard]] Nanoseconds at(std::uint64_t window_index) const {
    return window_ * static_cast<std::int64_t>(window_index);
  }
  [[nodiscard]] std::string top_account(const Burst& burst) const;

  Session& session_;
  BurstEvidence& evidence_;
  Threshold threshold_;
  Notices& notices_;
  OnBurst on_burst_;
  OnWindows on_windows_;
  OnBurst on_progress_;
  Nanoseconds window_{};
  std::string ledger_;
  std::optional<SlotResolver> names_;
  WindowReader reader_;
  std::optional<sys::Timer> timer_;
  sys::Poller* poller_ = nullptr;
  std::map<InterfaceKey, Watched> watched_;
  std::array<BurstExplainer, 2> desks_;
  std::array<RateHistory, 2> histories_;
  std::optional<Nanoseconds> wall_ahead_;  // of the boot clock
  Bytes late_;                             // of interfaces that are watched no more
  BurstTotals totals_;
  MissedReports missed_reports_ = MissedReports::all;
  bool missed_before_ = false;  // in an earlier round
};

}  // namespace cgtally::monitor
