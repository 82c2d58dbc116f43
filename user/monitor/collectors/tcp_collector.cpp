// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/tcp_collector.h"

#include <cerrno>

#include "adapters/netlink/inet_diag.h"
#include "adapters/netns/netns.h"
#include "adapters/sys/clock.h"
#include "core/base/quantity.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kDumpEvery = 1s;
constexpr Nanoseconds kCensusEvery = 5s;
constexpr Nanoseconds kBudget = 50ms;  // of one look; the netns that passes it is still finished
constexpr int kRestFactor = 50;        // times as long as it took: 2 % of the time
constexpr std::size_t kMostNetns = 1024;
constexpr std::size_t kMostSockets = 200'000;  // in all: about 13 MB

Result<netlink::TcpSockets> sockets_in(const std::string& path, std::uint64_t inode,
                                       std::size_t most) {
  const auto netns = netns::Netns::open(path, "");
  if (!netns) {
    return std::unexpected(netns.error());
  }
  if (netns->inode() != inode) {
    return std::unexpected(
        Error{.what = path + " leads to another netns", .hint = {}, .code = ENOENT});
  }
  const auto entered = netns::Entered::enter(*netns);
  if (!entered) {
    return std::unexpected(entered.error());
  }
  return netlink::tcp_sockets(most);
}

bool has_gone(const Error& error) { return error.code == ENOENT || error.code == ESRCH; }

}  // namespace

TcpCollector::TcpCollector(std::string host_root, Notices& notices)
    : host_root_(std::move(host_root)),
      notices_(notices),
      pace_(kDumpEvery),
      census_pace_(kCensusEvery) {}

bool TcpCollector::update(const Moment& now) {
  if (!pace_.due(now.boot)) {
    return false;
  }
  const Nanoseconds begin = sys::now().boot;
  find_places(begin);
  look_around(begin);
  sum_up(now);
  const Nanoseconds end = sys::now().boot;
  const Nanoseconds took = end - begin;
  pace_.rest_until(end + kRestFactor * took);
  judge(took);
  return true;
}

void TcpCollector::find_places(Nanoseconds now) {
  if (now < census_rest_ || (!census_pace_.due(now) && !path_lost_)) {
    return;
  }
  path_lost_ = false;
  netns::Census census = netns::list_netns(host_root_, kMostNetns);
  const Nanoseconds end = sys::now().boot;
  census_rest_ = end + kRestFactor * (end - now);
  found_all_ = census.all;
  denied_ = census.denied;
  std::map<std::uint64_t, NetnsSockets> found;
  for (netns::NetnsEntry& one : census.namespaces) {
    NetnsSockets& place = found[one.inode];
    if (const auto before = places_.find(one.inode); before != places_.end()) {
      place = std::move(before->second);
    } else {
      place.has_past = !stats_.updated_at();
    }
    place.path = std::move(one.path);
  }
  places_ = std::move(found);
}

// From where the look before stopped, so that each has its turn.
void TcpCollector::look_around(Nanoseconds begin) {
  auto at = places_.lower_bound(next_);
  for (std::size_t i = 0; i < places_.size(); ++i, ++at) {
    if (at == places_.end()) {
      at = places_.begin();
    }
    if (i > 0 && sys::now().boot - begin > kBudget) {
      break;
    }
    look_at(at->first, at->second);
    next_ = at->first + 1;
  }
  for (auto& [inode, place] : places_) {
    place.has_past = place.has_past || !place.sockets;  // they will be older when it is their turn
  }
}

void TcpCollector::look_at(std::uint64_t inode, NetnsSockets& place) {
  std::size_t others = 0;
  for (const auto& [other, one] : places_) {
    others += other != inode && one.sockets ? one.sockets->size() : 0;
  }
  auto found = sockets_in(place.path, inode, kMostSockets - std::min(kMostSockets, others));
  place.failing = !found;
  if (found) {
    if (!place.sockets && place.has_past) {
      stats_.add_known(found->sockets);
    }
    place.sockets = std::move(found->sockets);
    place.all = found->all;
  } else if (has_gone(found.error())) {
    path_lost_ = true;
  } else {
    const std::string hint = found.error().hint.empty() ? "" : "; " + found.error().hint;
    say_once("failing", "connections are not all seen: " + found.error().what + hint);
  }
}

void TcpCollector::sum_up(const Moment& now) {
  sockets_.clear();
  // Some hosts hide a process or two from root: nothing to tell anybody of, but not all is known.
  complete_ = found_all_ && !denied_;
  for (const auto& [inode, place] : places_) {
    complete_ = complete_ && place.sockets && place.all && !place.failing;
    if (place.sockets) {
      sockets_.insert(sockets_.end(), place.sockets->begin(), place.sockets->end());
    }
  }
  stats_.update(sockets_, now);
}

void TcpCollector::judge(Nanoseconds took) {
  if (!found_all_) {
    say_once("netns", "more than " + std::to_string(kMostNetns) +
                          " network namespaces: connections in the others are not seen");
  }
  if (sockets_.size() >= kMostSockets) {
    say_once("sockets",
             "more than " + std::to_string(kMostSockets) + " connections: the others are not seen");
  }
  if (took * kRestFactor > 2 * kDumpEvery) {
    say_once("slow", "looking at " + format_count(sockets_.size()) + " connections in " +
                         std::to_string(places_.size()) + " network namespaces takes " +
                         format_duration(took) + ": done every " +
                         format_duration(took * kRestFactor));
  }
}

void TcpCollector::say_once(const std::string& kind, const std::string& sentence) {
  if (!std::exchange(said_[kind], true)) {
    notices_.report(sentence);
  }
}

}  // namespace cgtally::monitor
