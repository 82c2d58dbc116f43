// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/tcp_collector.h"

#include <fmt/core.h>

#include <cerrno>

#include "adapters/netlink/inet_diag.h"
#include "adapters/netns/netns.h"
#include "adapters/netns/tcp_in_use.h"
#include "adapters/sys/clock.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kDumpEvery = 1s;
constexpr Nanoseconds kCensusEvery = 5s;
constexpr Nanoseconds kBudget = 50ms;  // of one look; the netns that passes it is still finished
constexpr int kRestFactor = 50;        // times its CPU time: 2 % of a CPU
constexpr int kSlowLooks = 3;          // in a row; a single one may have waited for the CPU
constexpr std::size_t kMostNetns = 1024;
constexpr std::size_t kMostSockets = 200'000;  // in all: about 13 MB

Result<netns::Entered> enter(const std::string& path, std::uint64_t inode) {
  const auto netns = netns::Netns::open(path, "");
  // The census found a netns at this path: what is no netns is what its mount has left.
  const bool was_unmounted = !netns && netns.error().code == EINVAL;
  if (!netns && !was_unmounted) return std::unexpected(netns.error());
  if (was_unmounted || netns->inode() != inode) {
    return std::unexpected(
        Error{.what = fmt::format("{} does not lead to that netns any more", path),
              .hint = {},
              .code = ENOENT});
  }
  return netns::Entered::enter(*netns);
}

bool has_gone(const Error& error) { return error.code == ENOENT || error.code == ESRCH; }

}  // namespace

TcpCollector::TcpCollector(std::string host_root, Notices& notices)
    : host_root_(std::move(host_root)),
      notices_(notices),
      pace_(kDumpEvery),
      census_pace_(kCensusEvery) {}

bool TcpCollector::update(const Moment& now) {
  if (!pace_.due(now.boot)) return false;
  const Nanoseconds before = sys::thread_cpu_time();
  const Nanoseconds begin = sys::now().boot;
  find_netns(begin);
  dump_some(begin);
  update_stats(now);
  const Nanoseconds cost = sys::thread_cpu_time() - before;
  pace_.rest_until(sys::now().boot + kRestFactor * cost);
  report_limits(cost);
  return true;
}

void TcpCollector::find_netns(Nanoseconds now) {
  if (now < census_rest_ || (!census_pace_.due(now) && !path_lost_)) return;
  path_lost_ = false;
  const Nanoseconds spent = sys::thread_cpu_time();
  netns::Census census = netns::list_netns(host_root_, kMostNetns);
  const Nanoseconds cost = sys::thread_cpu_time() - spent;
  census_rest_ = sys::now().boot + kRestFactor * cost;
  found_all_ = census.all;
  denied_ = census.denied;
  std::map<std::uint64_t, NetnsSockets> found;
  for (netns::NetnsEntry& one : census.namespaces) {
    NetnsSockets& known = found[one.inode];
    if (const auto before = netns_.find(one.inode); before != netns_.end()) {
      known = std::move(before->second);
    } else {
      known.has_past = !stats_.updated_at();
    }
    known.path = std::move(one.path);
  }
  netns_ = std::move(found);
}

// Starts where the dump before stopped, so that each netns has its turn.
void TcpCollector::dump_some(Nanoseconds begin) {
  auto at = netns_.lower_bound(next_);
  for (std::size_t i = 0; i < netns_.size(); ++i, ++at) {
    if (at == netns_.end()) {
      at = netns_.begin();
    }
    if (i > 0 && sys::now().boot - begin > kBudget) break;
    dump(at->first, at->second);
    next_ = at->first + 1;
  }
  for (auto& [inode, netns] : netns_) {
    netns.has_past = netns.has_past || !netns.sockets;  // made before their first dump
  }
}

// Empty: what is known of its sockets still holds.
Result<std::optional<netlink::TcpSockets>> TcpCollector::sockets_of(std::uint64_t inode,
                                                                    NetnsSockets& netns) {
  const auto entered = enter(netns.path, inode);
  if (!entered) return std::unexpected(entered.error());
  const auto in_use = netns::tcp_in_use();
  const Nanoseconds now = sys::now().boot;
  if (!netns.look.due(in_use, now)) {
    if (in_use != 0U) return std::nullopt;
    netns.look.looked(in_use, 0, now);
    return netlink::TcpSockets{};
  }
  std::size_t others = 0;
  for (const auto& [other, one] : netns_) {
    others += other != inode && one.sockets ? one.sockets->size() : 0;
  }
  auto found = netlink::tcp_sockets(kMostSockets - std::min(kMostSockets, others));
  if (!found) return std::unexpected(std::move(found).error());
  netns.look.looked(in_use, found->all ? found->sockets.size() : kMostSockets, now);
  return std::optional(*std::move(found));
}

void TcpCollector::dump(std::uint64_t inode, NetnsSockets& netns) {
  auto found = sockets_of(inode, netns);
  netns.failing = !found;
  if (!found && has_gone(found.error())) {
    path_lost_ = true;
  } else if (!found) {
    const Error& error = found.error();
    report_once("failing", fmt::format("connections are not all seen: {}{}{}", error.what,
                                       error.hint.empty() ? "" : "; ", error.hint));
  } else if (*found) {
    if (!netns.sockets && netns.has_past) {
      stats_.add_known((*found)->sockets);
    }
    netns.sockets = std::move((*found)->sockets);
    netns.all = (*found)->all;
  }
}

void TcpCollector::update_stats(const Moment& now) {
  sockets_.clear();
  // Some hosts hide a process or two from root: no reason for a notice, but not all is known.
  complete_ = found_all_ && !denied_;
  for (const auto& [inode, netns] : netns_) {
    complete_ = complete_ && netns.sockets && netns.all && !netns.failing;
    if (netns.sockets) {
      sockets_.insert(sockets_.end(), netns.sockets->begin(), netns.sockets->end());
    }
  }
  if (account_of_) {
    for (TcpSocketFacts& socket : sockets_) socket.cgroup_id = account_of_(socket.cgroup_id);
  }
  stats_.update(sockets_, now);
}

void TcpCollector::report_limits(Nanoseconds cost) {
  if (!found_all_) {
    report_once(
        "netns",
        fmt::format("more than {} network namespaces: connections in the others are not seen",
                    kMostNetns));
  }
  if (sockets_.size() >= kMostSockets) {
    report_once("sockets",
                fmt::format("more than {} connections: the others are not seen", kMostSockets));
  }
  slow_looks_ = cost * kRestFactor > 2 * kDumpEvery ? slow_looks_ + 1 : 0;
  if (slow_looks_ == kSlowLooks) {
    report_once(
        "slow",
        fmt::format("looking at {} connections in {} network namespaces takes {}: done every {}",
                    format_count(sockets_.size()), netns_.size(), format_duration(cost),
                    format_duration(cost * kRestFactor)));
  }
}

void TcpCollector::report_once(const std::string& kind, const std::string& sentence) {
  if (!std::exchange(reported_[kind], true)) {
    notices_.report(sentence);
  }
}

}  // namespace cgtally::monitor
