// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/burst_feed.h"

#include <algorithm>
#include <numeric>
#include <set>

namespace cgtally::monitor {
namespace {

constexpr std::size_t kRecentBursts = 200;
constexpr std::size_t kInterfacesWithSecond = 4;

std::uint64_t bytes_in(const serve::InterfaceCells& one) {
  std::uint64_t sum = 0;
  for (const Direction direction : kDirections) {
    sum = std::accumulate(one.bytes[direction].begin(), one.bytes[direction].end(), sum);
  }
  return sum;
}

}  // namespace

BurstFeed::BurstFeed(LiveExtras& extras) : extras_(extras) {
  extras.on_burst([this](const NamedBurst& burst) {
    counters_.add(burst.burst);
    recent_.push_front({.id = ++ids_, .burst = burst});
    recent_.front().burst.burst.burst.shares.clear();  // nobody is shown them, and they are many
    if (recent_.size() > kRecentBursts) recent_.pop_back();
  });
  extras.on_windows([this](const SeenWindows& seen) { add_windows(seen); });
}

void BurstFeed::add_windows(const SeenWindows& seen) {
  if (seen.batch == nullptr) {
    windows_.erase(seen.iface);
    return;
  }
  auto& windows = windows_[seen.iface][seen.direction];
  if (!windows) windows.emplace(seen.window);
  windows->add(seen.batch->windows);
}

void BurstFeed::name_interfaces(const std::vector<std::string>& interfaces) {
  std::set<std::string> gone;
  for (const auto& [key, count] : counters_.counts()) gone.insert(key.first);
  for (const std::string& name : interfaces) {
    counters_.name_interface(name);
    gone.erase(name);
  }
  for (const std::string& name : gone) counters_.forget_interface(name);
}

std::optional<serve::BurstFigures> BurstFeed::figures(Nanoseconds window, const Moment& now) {
  const BurstMonitor* monitor = extras_.bursts();
  if (monitor == nullptr) return std::nullopt;
  Report report;
  extras_.fill(report);
  const BurstPanel panel = report.bursts.value_or(BurstPanel{});
  return serve::BurstFigures{.window = window,
                             .last_minute = panel.last_minute,
                             .missed_windows = monitor->totals().missed(),
                             .verdict = panel.verdict,
                             .counts = counters_.counts(),
                             .recent = {recent_.begin(), recent_.end()},
                             .under_way = monitor->under_way(),
                             .last_second = last_second(now)};
}

std::vector<serve::InterfaceCells> BurstFeed::last_second(const Moment& now) const {
  std::vector<serve::InterfaceCells> all;
  for (const auto& [iface, directions] : windows_) {
    serve::InterfaceCells cells{.iface = iface, .end = {}, .cell = {}, .bytes = {}};
    for (const Direction direction : kDirections) {
      const auto& windows = directions[direction];
      if (!windows) continue;
      const Nanoseconds end = windows->known_until(now.boot);
      cells.end = now.wall - (now.boot - end);
      cells.cell = windows->cell();
      cells.bytes[direction] = windows->cells(end);
    }
    all.push_back(std::move(cells));
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, bytes_in);
  if (all.size() > kInterfacesWithSecond) all.resize(kInterfacesWithSecond);
  return all;
}

}  // namespace cgtally::monitor
