// SPDX-License-Identifier: Apache-2.0
#include "monitor/collectors/allowance_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <variant>

#include "adapters/ethtool/statistics.h"
#include "core/traffic/interface_traffic.h"
#include "core/traffic/traffic.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr Nanoseconds kReadEvery = 1s;
// A driver may be replaced, and a netns that has gone is searched for in all processes.
constexpr Nanoseconds kRestAfterFailure = 30s;

}  // namespace

AllowanceCollector::AllowanceCollector(std::string host_root, Notices& notices)
    : host_root_(std::move(host_root)), notices_(notices), pace_(kReadEvery) {}

std::optional<AllowanceDelta> AllowanceCollector::update(
    const Reading& reading, const std::function<std::vector<CountedInterface>()>& interfaces) {
  if (!pace_.due(reading.taken.boot)) {
    return std::nullopt;
  }
  follow_interfaces(interfaces());
  AllowanceReading now{
      .taken = reading.taken, .interfaces = {}, .rx_packets = {}, .tx_packets = {}};
  read_all(now);
  add_packets(reading, now);
  const Nanoseconds before = last_.value_or(now.taken.boot);
  last_ = now.taken.boot;
  return AllowanceDelta{.taken = now.taken,
                        .interval = now.taken.boot - before,
                        .any = without().size() < watched_.size(),
                        .steps = allowances_.add(now)};
}

void AllowanceCollector::follow_interfaces(std::vector<CountedInterface> interfaces) {
  std::map<std::string, std::string> renamed;
  for (const CountedInterface& interface : interfaces) {
    const auto known = watched_.find(interface.key);
    if (known != watched_.end() && known->second.interface.name != interface.name) {
      renamed.emplace(known->second.interface.name, interface.name);
    }
  }
  allowances_.rename(renamed);
  keep_only(watched_, std::move(interfaces));
}

// Each netns is entered once.
void AllowanceCollector::read_all(AllowanceReading& reading) {
  std::map<NetnsId, std::vector<Watched*>> by_netns;
  for (auto& [key, watched] : watched_) {
    if (reading.taken.boot >= watched.skip_until) {
      by_netns[watched.interface.netns_id].push_back(&watched);
    }
  }
  for (const auto& [inode, here] : by_netns) {
    const auto entered = enter_netns_of(here.front()->interface, host_root_);
    for (Watched* watched : here) {
      watched->has_any = false;
      watched->skip_until = reading.taken.boot + kRestAfterFailure;
      if (entered) {
        read_one(*watched, reading);
      }
    }
  }
}

void AllowanceCollector::read_one(Watched& watched, AllowanceReading& reading) {
  const auto statistics = ethtool::statistics(watched.interface.ifindex);
  if (!statistics) {
    watched.skip_until = {};
    if (!std::exchange(failure_reported_, true)) {
      notices_.report(fmt::format("{}: no allowance counters: {}", watched.interface.name,
                                  statistics.error().what));
    }
    return;
  }
  const AllowanceTotals totals = allowances_of(*statistics);
  watched.has_any = any_of_them(totals);
  if (watched.has_any) {
    watched.skip_until = {};
    reading.interfaces.emplace(watched.interface.name, totals);
  }
}

void AllowanceCollector::add_packets(const Reading& ledger, AllowanceReading& reading) {
  auto sums = traffic_by_interface(ledger.accounts);
  for (auto& [key, watched] : watched_) {
    const auto before = std::exchange(watched.counted, sums[key]);
    if (!watched.has_any || !before) {
      continue;
    }
    const Step change = step(*before, *watched.counted);
    if (const auto* moved = std::get_if<Advanced>(&change)) {
      reading.rx_packets += moved->by.rx_packets;
      reading.tx_packets += moved->by.tx_packets;
    }
  }
}

std::vector<std::string> AllowanceCollector::without() const {
  std::vector<std::string> names;
  for (const auto& [key, watched] : watched_) {
    if (!watched.has_any) {
      names.push_back(watched.interface.name);
    }
  }
  return names;
}

}  // namespace cgtally::monitor
