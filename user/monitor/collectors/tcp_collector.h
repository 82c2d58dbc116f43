// SPDX-License-Identifier: Apache-2.0
// TcpCollector: what TCP says of the sockets in all network namespaces of the host.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/netlink/inet_diag.h"
#include "adapters/netns/census.h"
#include "core/base/rate_limiter.h"
#include "core/base/result.h"
#include "core/traffic/socket_look.h"
#include "core/traffic/tcp_stats.h"
#include "monitor/notices.h"

namespace cgtally::monitor {

// Dumps the sockets once a second at most, and for 2 % of the time only: with many sockets or many
// netns it does so less often, a part at a time, and reports that. A netns that was not dumped this
// time keeps its last sockets; one without connections is dumped only if sockets came (see
// core/traffic/socket_look.h). The Monitor owns it. Does not tell whose a cgroup is.
class TcpCollector {
 public:
  TcpCollector(std::string host_root, Notices& notices);

  // The account id whose figures those of a cgroup are added to; the cgroup's own unless set.
  using AccountOf = std::function<std::uint64_t(std::uint64_t cgroup_id)>;
  void sum_by(AccountOf account_of) { account_of_ = std::move(account_of); }
  // True if sockets were dumped: stats() are new then.
  bool update(const Moment& now);
  [[nodiscard]] const TcpStats& stats() const { return stats_; }
  // All sockets of all netns are in stats(): a cgroup that is not there has no connections.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  struct NetnsSockets {
    std::string path;
    std::optional<std::vector<TcpSocketFacts>> sockets;  // none: not dumped yet
    bool has_past = false;  // its sockets were made before the first dump of them
    bool all = true;
    bool failing = false;
    SocketLook look;
  };
  void find_netns(Nanoseconds now);
  void dump_some(Nanoseconds begin);
  void dump(std::uint64_t inode, NetnsSockets& netns);
  Result<std::optional<netlink::TcpSockets>> sockets_of(std::uint64_t inode, NetnsSockets& netns);
  void report_limits(Nanoseconds cost);
  void update_stats(const Moment& now);
  void report_once(const std::string& kind, const std::string& sentence);

  std::string host_root_;
  Notices& notices_;
  RateLimiter pace_;
  RateLimiter census_pace_;
  Nanoseconds census_rest_{};  // boot time before which there is none
  bool path_lost_ = false;     // a netns has gone, or only the process by which we knew it
  bool found_all_ = true;
  bool denied_ = false;
  std::map<std::uint64_t, NetnsSockets> netns_;  // by inode
  std::uint64_t next_ = 0;                       // the inode at which the next dump begins
  std::vector<TcpSocketFacts> sockets_;
  AccountOf account_of_;
  TcpStats stats_;
  bool complete_ = false;
  int slow_looks_ = 0;  // in a row
  std::map<std::string, bool> reported_;
};

}  // namespace cgtally::monitor
