// SPDX-License-Identifier: Apache-2.0
// Looks at the TCP sockets of every netns of the host, once a second at most however often it is
// asked, and for a small share of the time only: with many sockets or many netns it looks less
// often, a part at a time, and says so. What is not looked at this time is taken as it was.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/netns/census.h"
#include "core/base/rate_limiter.h"
#include "core/base/result.h"
#include "core/traffic/tcp_stats.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

class TcpCollector {
 public:
  TcpCollector(std::string host_root, Notices& notices);

  // True if it looked: then stats() are new.
  bool update(const Moment& now);
  [[nodiscard]] const TcpStats& stats() const { return stats_; }
  // Every netns was looked at, and all of it: a cgroup without sockets has none.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  struct NetnsSockets {
    std::string path;
    std::optional<std::vector<TcpSocketFacts>> sockets;  // none: not looked at yet
    bool has_past = false;  // its sockets are older than that we look at them
    bool all = true;
    bool failing = false;
  };
  void find_places(Nanoseconds now);
  void look_around(Nanoseconds begin);
  void look_at(std::uint64_t inode, NetnsSockets& place);
  void judge(Nanoseconds took);
  void sum_up(const Moment& now);
  void say_once(const std::string& kind, const std::string& sentence);

  std::string host_root_;
  Notices& notices_;
  RateLimiter pace_;
  RateLimiter census_pace_;
  Nanoseconds census_rest_{};  // boot time until which there is none
  bool path_lost_ = false;     // a netns has gone, or only the process by which we knew it
  bool found_all_ = true;
  bool denied_ = false;
  std::map<std::uint64_t, NetnsSockets> places_;  // by inode
  std::uint64_t next_ = 0;                        // the inode at which the next look begins
  std::vector<TcpSocketFacts> sockets_;
  TcpStats stats_;
  bool complete_ = false;
  std::map<std::string, bool> said_;
};

}  // namespace cgtally::monitor
