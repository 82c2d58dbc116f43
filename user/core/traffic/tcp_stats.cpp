// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/tcp_stats.h"

#include <algorithm>
#include <cmath>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

// The last round-trip time of a connection that has sent nothing for long says nothing about the
// queue now.
constexpr Nanoseconds kFreshRtt = 10s;
constexpr Nanoseconds kBusy = 1s;

// The quantile by nearest rank; reorders the values.
std::optional<Nanoseconds> quantile(std::vector<Nanoseconds>& values, double part) {
  if (values.empty()) return std::nullopt;
  const double rank = std::ceil(part * static_cast<double>(values.size()));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
  std::ranges::nth_element(values, at);
  return *at;
}

struct Sum {
  TcpSummary summary;
  std::vector<Nanoseconds> delays;

  void add(const TcpSocketFacts& socket, std::uint64_t again) {
    ++summary.connections;
    summary.busy += socket.since_sent < kBusy ? 1 : 0;
    summary.retransmitted += Bytes{again};
    if (socket.rtt && socket.min_rtt && socket.since_sent < kFreshRtt) {
      delays.push_back(std::max(*socket.rtt - *socket.min_rtt, Nanoseconds::zero()));
    }
  }

  TcpSummary finish() {
    summary.queue_delay_p50 = quantile(delays, 0.50);
    summary.queue_delay_p99 = quantile(delays, 0.99);
    return summary;
  }
};

// A dump of a table that changes can show a socket twice.
std::vector<const TcpSocketFacts*> each_once(const std::vector<TcpSocketFacts>& sockets) {
  std::vector<const TcpSocketFacts*> all;
  all.reserve(sockets.size());
  for (const TcpSocketFacts& socket : sockets) {
    all.push_back(&socket);
  }
  const auto cookie = [](const TcpSocketFacts* socket) { return socket->cookie; };
  std::ranges::sort(all, {}, cookie);
  const auto [first, last] = std::ranges::unique(all, {}, cookie);
  all.erase(first, last);
  return all;
}

}  // namespace

void TcpStats::update(const std::vector<TcpSocketFacts>& sockets, const Moment& now) {
  std::unordered_map<std::uint64_t, std::uint64_t> retransmitted;
  std::map<std::uint64_t, Sum> sums;
  Sum all;
  for (const TcpSocketFacts* socket : each_once(sockets)) {
    const std::uint64_t total = socket->retransmitted.value;
    std::uint64_t again = 0;
    if (total > 0) {
      const auto before = retransmitted_.find(socket->cookie);
      const std::uint64_t base = before == retransmitted_.end() ? 0 : before->second;
      again = updated_at_ && total > base ? total - base : 0;
      retransmitted.emplace(socket->cookie, total);
    }
    sums[socket->cgroup_id].add(*socket, again);
    all.add(*socket, again);
  }
  retransmitted_ = std::move(retransmitted);
  by_cgroup_.clear();
  for (auto& [cgroup, sum] : sums) {
    by_cgroup_.emplace(cgroup, sum.finish());
  }
  all_ = all.finish();
  updated_at_ = now;
}

void TcpStats::add_known(const std::vector<TcpSocketFacts>& sockets) {
  for (const TcpSocketFacts& socket : sockets) {
    if (socket.retransmitted.value > 0) {
      retransmitted_.emplace(socket.cookie, socket.retransmitted.value);
    }
  }
}

}  // namespace cgtally
