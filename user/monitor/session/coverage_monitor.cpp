// SPDX-License-Identifier: Apache-2.0
#include "monitor/session/coverage_monitor.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/traffic/interface_traffic.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

// A little less than a second, because a caller that comes each second is early now and then.
constexpr Nanoseconds kEvery = 900ms;
// To find a netns that has gone, all processes are searched: not each second.
constexpr Nanoseconds kRetryAfter = 30s;
// Clearly above the threshold of blindness, so that reports do not alternate.
constexpr double kSeesAgain = 0.98;

}  // namespace

void CoverageMonitor::sample_devices(
    const std::function<std::vector<CountedInterface>()>& interfaces, Nanoseconds now) {
  if (last_sample_ && now - *last_sample_ < kEvery) return;
  last_sample_ = now;
  keep_only(watched_, interfaces());
  std::vector<CountedInterface> due;
  for (const auto& [key, watched] : watched_) {
    if (now >= watched.skip_until) {
      due.push_back(watched.interface);
    }
  }
  snapshots_ = snapshot_devices(due, host_root_);
}

void CoverageMonitor::evaluate(const std::vector<AccountTotals>& accounts) {
  if (snapshots_.empty()) return;
  auto sums = traffic_by_interface(accounts);
  for (const auto& [key, snapshot] : std::exchange(snapshots_, {})) {
    Watched& watched = watched_.at(key);
    if (!snapshot) {
      watched.skip_until = *last_sample_ + kRetryAfter;
      continue;
    }
    watched.coverage.add(snapshot->beside(sums[key], *last_sample_));
    const CoverageShare share = watched.coverage.share();
    const Blind blind = watched.coverage.blind();
    report_change(watched, bpf::HookDirection::ingress, blind.rx, share.rx);
    report_change(watched, bpf::HookDirection::egress, blind.tx, share.tx);
    report_over(watched);
  }
}

void CoverageMonitor::report_change(Watched& watched, bpf::HookDirection direction, bool blind,
                                    std::optional<double> share) const {
  const bool ingress = direction == bpf::HookDirection::ingress;
  bool& reported = watched.reported[ingress ? 0 : 1];
  const char* const name = ingress ? "rx" : "tx";
  if (!reported && blind && share) {
    const auto hook = snapshot_hook(watched.interface, direction, host_root_);
    if (!hook) return;  // the interface has gone, or the next sample will tell
    reported = true;
    notices_.report(
        blind_sentence(watched.interface.name, name, *share, hook->attached, hook->before));
  } else if (reported && !blind && share && *share >= kSeesAgain) {
    reported = false;
    notices_.report(fmt::format("{} {}: {} of what the device counts comes by here again",
                                watched.interface.name, name, percent(share)));
  }
}

// The device is read once more, and only then: what it counted since the sample was taken may be in
// the totals.
PerDirection<std::optional<OverCount>> CoverageMonitor::confirmed_over(
    const Watched& watched) const {
  const CoverageShare share = watched.coverage.share();
  if (!is_over(share.rx) && !is_over(share.tx)) return {};
  const auto after = snapshot_devices({watched.interface}, host_root_);
  const auto& device = after.at(watched.interface.key);
  if (!device) return {};
  return watched.coverage.over(device->beside({}, {}));
}

void CoverageMonitor::report_over(Watched& watched) const {
  const auto over = confirmed_over(watched);
  const CoverageShare share = watched.coverage.share();
  for (const Direction direction : kDirections) {
    bool& reported = watched.reported_over[direction];
    const std::string name(direction_name(direction));
    if (!reported && over[direction]) {
      reported = true;
      notices_.report(over_sentence(watched.interface.name, name, *over[direction]));
    } else if (reported && share[direction] && !is_over(share[direction])) {
      reported = false;
      notices_.report(fmt::format("{} {}: what is booked is what the device says again",
                                  watched.interface.name, name));
    }
  }
}

std::optional<double> CoverageMonitor::coverage_of(std::string_view interface_name) const {
  const auto found = std::ranges::find_if(
      watched_, [&](const auto& item) { return item.second.interface.name == interface_name; });
  if (found == watched_.end()) return std::nullopt;
  CoverageShare share = found->second.coverage.share();
  for (const Direction direction : kDirections) {
    auto& one = share[direction];
    if (!is_over(one)) continue;
    if (found->second.reported_over[direction]) return one;
    one = 1.0;  // it passed between the readings of the device and of the totals
  }
  if (!share.rx || !share.tx) return share.rx ? share.rx : share.tx;
  return std::min(*share.rx, *share.tx);
}

}  // namespace cgtally::monitor
