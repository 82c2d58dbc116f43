// SPDX-License-Identifier: Apache-2.0
// NodeCollector: one NodeState for each interval, put together from what the monitors say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/serve/node_figures.h"
#include "core/serve/node_state.h"
#include "monitor/collectors/monitor.h"
#include "monitor/live/live_extras.h"
#include "monitor/notices.h"
#include "monitor/serve/burst_feed.h"
#include "monitor/serve/end_feed.h"
#include "monitor/serve/keeper_probe.h"
#include "monitor/serve/series_file.h"

namespace cgtally::monitor {

struct NodeOptions {
  std::string version;
  std::string host;
  Nanoseconds every = std::chrono::seconds{1};
  std::size_t top = 1000;
  std::string state_dir;
  std::string bpffs;
  std::string host_root;
  bool wants_private = false;  // the user has said so
};

using SharedState = std::shared_ptr<const serve::NodeState>;

// The last sentences for the user, for those who look at the page.
class NoticeLog {
 public:
  void add(const std::string& notice) {
    constexpr std::size_t kKept = 20;
    kept_.push_back(notice);
    if (kept_.size() > kKept) kept_.pop_front();
  }
  [[nodiscard]] std::vector<std::string> all() const { return {kept_.begin(), kept_.end()}; }

 private:
  std::deque<std::string> kept_;
};

// `serve` has one while it counts; a recording has a ReplayCollector. Asks the monitor and the
// extras once for each interval. Answers nobody.
class NodeCollector {
 public:
  // All of them must outlive this.
  NodeCollector(NodeOptions options, Monitor& monitor, LiveExtras& extras, NoticeLog& log,
                Notices& notices);
  NodeCollector(const NodeCollector&) = delete;
  NodeCollector& operator=(const NodeCollector&) = delete;

  // The first state: totals without rates.
  [[nodiscard]] SharedState start();
  // The state after another interval. `acknowledged`: the last page that a scrape has seen.
  [[nodiscard]] SharedState tick(std::uint64_t acknowledged);
  // Saves what goes on with the next run.
  void finish();

 private:
  [[nodiscard]] std::shared_ptr<serve::NodeState> new_state(const Snapshot& snapshot);
  void check_ledger(const Snapshot& snapshot);
  void check_ends(const Moment& now);
  void fill_ledger(serve::NodeState& state, const Snapshot& snapshot);
  void fill_traffic(serve::NodeState& state, const Snapshot& snapshot);
  void fill_tcp(serve::NodeState& state, const Snapshot& snapshot);
  void fill_allowances(serve::NodeState& state, const Snapshot& snapshot);

  NodeOptions options_;
  Monitor& monitor_;
  LiveExtras& extras_;
  NoticeLog& log_;
  Notices& notices_;
  Session& session_;
  bool pinned_;
  serve::NodeFigures figures_;
  SeriesFile file_;
  BurstFeed bursts_;
  EndFeed ends_;
  KeeperProbe keeper_;
  std::map<std::string, std::uint64_t> retransmitted_;  // bytes, by account
  std::map<std::pair<std::string, AllowanceCounter>, std::uint64_t> allowance_totals_;
  std::optional<Reading> last_;
  Nanoseconds started_{};  // wall time
  Nanoseconds checked_{};  // boot time of the last check_ends()
  std::uint64_t sequence_ = 0;
};

}  // namespace cgtally::monitor
