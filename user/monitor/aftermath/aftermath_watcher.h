// SPDX-License-Identifier: Apache-2.0
// AftermathWatcher: looks on in a pod after one of its containers has ended, in a thread of its
// own, and writes into the ledger what the others still took and what was refused.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "adapters/bpf/cgroups/aftermaths.h"
#include "adapters/bpf/cgroups/cgroup_events.h"
#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/totals_reader.h"
#include "adapters/bpf/programs/loopback_programs.h"
#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netns/process_census.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "core/lifecycle/aftermath_observer.h"
#include "monitor/aftermath/pods.h"
#include "monitor/aftermath/sibling_traffic.h"

namespace cgtally::monitor {

// The keeper has one, or a private session that tells of ends. A thread, because a look that comes
// 100 ms late is wrong by 100 ms, and a retirement may take longer. Marks as cut what it, or an
// observer before it that was killed, cannot watch to the end. Enters no netns.
class AftermathWatcher {
 public:
  // The ledger must outlive the result. Signals must be blocked before.
  // `loopback`: programs at the pods' `lo` name the port that refuses and the caller.
  static Result<std::unique_ptr<AftermathWatcher>> start(const bpf::Ledger& ledger,
                                                         const std::string& host_root,
                                                         bool loopback);
  ~AftermathWatcher();
  AftermathWatcher(const AftermathWatcher&) = delete;
  AftermathWatcher& operator=(const AftermathWatcher&) = delete;

 private:
  // One end that is being watched.
  struct Watch {
    std::vector<std::uint64_t>
        keys;  // in the map: the container's cgroup, and that of its processes
    std::uint64_t netns = 0;
    std::set<std::uint64_t> siblings;  // containers that lived on
    AftermathObserver observer;
    SiblingTraffic traffic;
    std::vector<PortRefusals> refused_before;  // at the ports of the netns, up to the end
    Nanoseconds written{};
    Aftermath last_written{};
  };
  struct Parts;
  explicit AftermathWatcher(Parts parts);

  void run(const std::stop_token& stop);
  void process_events();
  void note_end(std::uint64_t cgroup_id, Nanoseconds when);
  void process_due();
  [[nodiscard]] Nanoseconds next_due() const;
  // Looks at pods.
  void look_for_pods(Nanoseconds now);
  void end_look();
  void sample(Nanoseconds now);
  void look_on(Nanoseconds now);
  // At a pod that is watched; true if it must be looked at again soon.
  bool look_at(Pod& pod, bool gone);
  void read_ledger(Nanoseconds now, const Pod* gone = nullptr);
  void update(Watch& watch, const Pod& pod, const PodLook& look);
  void finish(Pod pod);
  void write(Watch& watch, Nanoseconds now);
  void drop_finished();
  void follow_loopback();
  void name_refusals();
  void read_named();
  // What the ports of that netns had refused at the last reading before that time.
  [[nodiscard]] std::vector<PortRefusals> named_before(std::uint64_t netns, Nanoseconds time) const;

  bpf::Aftermaths aftermaths_;
  bpf::CgroupEvents events_;
  bpf::TotalsReader totals_;
  bpf::FinalTotalsReader finals_;
  std::optional<bpf::LoopbackPrograms> loopback_;
  struct Named {
    Nanoseconds at{};
    std::vector<PortRefusals> all;
  };
  Named named_;  // the last reading of what they tell
  Named named_before_;
  sys::Poller poller_;
  sys::Fd wake_;
  cgroupfs::HostCgroups cgroups_;
  netns::ProcessCensus census_;
  std::set<std::uint64_t> not_pods_;  // netns: the host's, and that of this process
  Pods pods_;
  std::vector<Watch> watches_;
  std::size_t written_ = 0;  // keys in the map

  std::set<Nanoseconds> looks_;  // when to look at the processes that have come
  Nanoseconds next_full_look_{};
  Nanoseconds look_took_{};   // of a CPU, in steps
  Nanoseconds rest_until_{};  // looks cost a small share of the time
  bool full_look_ = false;

  Nanoseconds next_sample_{};
  Nanoseconds sampling_took_{};
  std::optional<std::uint64_t> sampled_up_to_;  // netns, while a pass is under way
  Nanoseconds next_look_on_{};
  Nanoseconds next_reading_{};
  bool new_watches_ = false;

  std::jthread thread_;  // ends first
};

}  // namespace cgtally::monitor
