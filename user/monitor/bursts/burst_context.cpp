// SPDX-License-Identifier: Apache-2.0
#include "monitor/bursts/burst_context.h"

#include <algorithm>
#include <utility>

#include "adapters/ethtool/link_speed.h"
#include "adapters/netlink/links.h"
#include "core/traffic/interface_selection.h"

namespace cgtally::monitor {
namespace {

AllowanceCounter counter_of(Direction direction) {
  return direction == Direction::tx ? AllowanceCounter::bw_out : AllowanceCounter::bw_in;
}

}  // namespace

void BurstContext::hear(const AllowanceDelta& look, const Allowances& allowances) {
  for (const Direction direction : {Direction::rx, Direction::tx}) {
    has_[index(direction)] = allowances.has(counter_of(direction));
    gained_[index(direction)] += allowances.gained(counter_of(direction)).value_or(0);
  }
  to_ = look.taken.boot;
}

// Between two looks nothing is said of the time since the last one: a burst waits for the next.
std::array<AllowanceGain, 2> BurstContext::read(Nanoseconds boot_time) {
  std::array<AllowanceGain, 2> gains;
  for (const Direction direction : {Direction::rx, Direction::tx}) {
    AllowanceGain& gain = gains[index(direction)];
    gain.from = from_;
    gain.to = has_counters() ? to_ : boot_time;
    if (has_[index(direction)]) gain.exceeded = std::exchange(gained_[index(direction)], 0);
  }
  from_ = gains[0].to;
  return gains;
}

GrantedRates BurstContext::grant(Direction /*direction*/) const {
  if (!instance_) return {};
  return {.baseline = instance_->terms.baseline,
          .peak = instance_->terms.burst,
          .no_credits = !instance_->terms.has_credits()};
}

ThresholdBasis BurstContext::facts() const {
  ThresholdBasis facts{.link_speed = link_speed_};
  if (instance_) {
    facts.instance_burst = instance_->terms.burst;
    facts.instance = instance_->name.empty() ? "the instance" : instance_->name;
  }
  return facts;
}

std::optional<BitRate> slowest_uplink(const std::vector<std::string>& interfaces) {
  std::optional<BitRate> slowest;
  for (const Interface& link : netlink::list_links().value_or(std::vector<Interface>{})) {
    const bool chosen = selected({.patterns = interfaces}, link);
    if (!chosen || !link.uplink()) continue;
    const auto speed = ethtool::link_speed(link.ifindex);
    if (!speed) return std::nullopt;
    slowest = std::min(slowest.value_or(*speed), *speed);
  }
  return slowest;
}

Result<std::optional<Instance>> instance_if_known(const InstanceOptions& options,
                                                  const std::string& host_root) {
  const bool asked = !options.instance.empty() || options.baseline || options.burst ||
                     options.imds || !options.catalogue.empty();
  auto instance = find_instance(options, host_root);
  if (instance) return std::optional(*std::move(instance));
  if (asked) return std::unexpected(std::move(instance).error());
  return std::nullopt;
}

}  // namespace cgtally::monitor
