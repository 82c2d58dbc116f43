// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/coverage_monitor.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A reading each second comes a little early now and then.
constexpr Nanoseconds kEvery = 900ms;
// A netns that has gone is searched for in all processes: not each second.
constexpr Nanoseconds kRest = 30s;
// An episode of blindness ends clearly above where it began.
constexpr double kSeesAgain = 0.98;

std::map<InterfaceKey, Traffic> sums_of(const std::vector<AccountTotals>& accounts) {
  std::map<InterfaceKey, Traffic> sums;
  for (const AccountTotals& account : accounts) {
    sums[account.iface] += account.totals;
  }
  return sums;
}

}  // namespace

void CoverageMonitor::follow(std::vector<CountedInterface> interfaces) {
  std::erase_if(watched_, [&](const auto& item) {
    return std::ranges::find(interfaces, item.first, &CountedInterface::key) == interfaces.end();
  });
  for (CountedInterface& interface : interfaces) {
    const InterfaceKey key = interface.key;
    watched_[key].interface = std::move(interface);
  }
}

void CoverageMonitor::look(const std::function<std::vector<CountedInterface>()>& interfaces,
                           Nanoseconds now) {
  if (looked_ && now - *looked_ < kEvery) {
    return;
  }
  looked_ = now;
  follow(interfaces());
  std::vector<CountedInterface> due;
  for (const auto& [key, watched] : watched_) {
    if (now >= watched.skip_until) {
      due.push_back(watched.interface);
    }
  }
  looks_ = look_at_devices(due, host_root_);
}

void CoverageMonitor::compare(const std::vector<AccountTotals>& accounts) {
  if (looks_.empty()) {
    return;
  }
  const auto sums = sums_of(accounts);
  for (const auto& [key, look] : std::exchange(looks_, {})) {
    Watched& watched = watched_.at(key);
    if (!look) {
      watched.skip_until = *looked_ + kRest;
      continue;
    }
    const auto booked = sums.find(key);
    watched.coverage.add(
        look->against(booked == sums.end() ? Traffic{} : booked->second, *looked_));
    const CoverageShare share = watched.coverage.share();
    const Blind blind = watched.coverage.blind();
    judge(watched, bpf::HookDirection::ingress, blind.rx, share.rx);
    judge(watched, bpf::HookDirection::egress, blind.tx, share.tx);
  }
}

void CoverageMonitor::judge(Watched& watched, bpf::HookDirection direction, bool blind,
                            std::optional<double> share) const {
  const bool ingress = direction == bpf::HookDirection::ingress;
  bool& told = watched.told[ingress ? 0 : 1];
  const std::string way = ingress ? "rx" : "tx";
  if (!told && blind && share) {
    const auto hook = look_at_hook(watched.interface, direction, host_root_);
    if (!hook) {
      return;  // it has gone, or will be looked at again
    }
    told = true;
    notices_.report(
        blind_sentence(watched.interface.name, way, *share, hook->attached, hook->before));
  } else if (told && !blind && share && *share >= kSeesAgain) {
    told = false;
    notices_.report(watched.interface.name + " " + way + ": " + percent(share) +
                    " of what the device counts comes by here again");
  }
}

std::optional<double> CoverageMonitor::seen(std::string_view interface_name) const {
  const auto found = std::ranges::find_if(
      watched_, [&](const auto& item) { return item.second.interface.name == interface_name; });
  if (found == watched_.end()) {
    return std::nullopt;
  }
  const CoverageShare share = found->second.coverage.share();
  if (!share.rx || !share.tx) {
    return share.rx ? share.rx : share.tx;
  }
  return std::min(*share.rx, *share.tx);
}

}  // namespace cgtally::monitor
