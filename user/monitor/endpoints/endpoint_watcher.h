// SPDX-License-Identifier: Apache-2.0
// EndpointWatcher: names forwarded traffic, in a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "adapters/cgroupfs/host_cgroups.h"
#include "adapters/netns/process_census.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/poller.h"
#include "core/base/result.h"
#include "monitor/endpoints/netns_endpoints.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Keeps the endpoints of all counted netns up to date. A thread, because an address that another
// pod takes must lose its old name at once, whatever the command's own thread is busy with. What it
// cannot do is a notice, once. InterfaceSet has one while it follows changes; at its end the maps
// are empty and nothing is attached, because nobody would keep them right.
class EndpointWatcher {
 public:
  // `notices` and `poller` must outlive the result. Signals must be blocked before.
  static Result<std::unique_ptr<EndpointWatcher>> start(const std::string& host_root,
                                                        Notices& notices, sys::Poller& poller);
  ~EndpointWatcher();
  EndpointWatcher(const EndpointWatcher&) = delete;
  EndpointWatcher& operator=(const EndpointWatcher&) = delete;

  // From here on the endpoints of the netns with that key are kept; the maps have what can be
  // listed when it returns, and owners a moment later. `excluded`: devices that lead away from
  // endpoints. The calling thread must be in the netns.
  void add(std::uint32_t netns_key, Result<bpf::EndpointMaps> maps,
           std::shared_ptr<bpf::OriginProgram> origin, const std::set<int>& excluded);
  void exclude(std::uint32_t netns_key, const std::set<int>& ifindexes);
  // Lets the netns go: it may end on return.
  void remove(std::uint32_t netns_key);
  [[nodiscard]] bool contains(std::uint32_t netns_key) const;

 private:
  EndpointWatcher(const std::string& host_root, Notices& notices, sys::Poller& poller,
                  sys::Fd epoll, sys::Fd wake, sys::Fd told);
  void run(const std::stop_token& stop);
  void process_ready(std::uint64_t key);
  void process_due();
  void look_for_owners();
  void end_look();
  [[nodiscard]] std::optional<Nanoseconds> next_look() const;
  [[nodiscard]] int wait_ms() const;
  void note(const Result<void>& done);
  void deliver_notices();

  Notices& notices_;
  sys::Poller& poller_;
  sys::Fd epoll_;
  sys::Fd wake_;  // the thread
  sys::Fd told_;  // the other one: there are notices

  mutable std::mutex mutex_;  // of what follows
  std::map<std::uint32_t, NetnsEndpoints> netns_;
  std::set<std::string> noted_;
  std::vector<std::string> fresh_notices_;

  // Of the thread alone.
  netns::ProcessCensus census_;
  Result<cgroupfs::HostCgroups> cgroups_;
  Nanoseconds look_began_{};
  Nanoseconds look_took_{};   // of a CPU, in steps
  Nanoseconds rest_until_{};  // looks cost a small share of the time
  Nanoseconds next_slow_look_{};
  Nanoseconds next_reattach_{};
  Nanoseconds next_keep_{};
  bool slow_look_ = false;

  std::jthread thread_;  // ends first
};

}  // namespace cgtally::monitor
