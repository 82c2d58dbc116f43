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

// Of the uplinks in our own netns that these names and globs choose; none if one of them does not
// tell.
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

// None if the user named none and the firmware does not either.
Result<std::optional<Instance>> instance_if_known(const InstanceOptions& options,
                                                  const std::string& host_root) {
  const bool asked = !options.instance.empty() || options.baseline || options.burst ||
                     options.imds || !options.catalogue.empty();
  auto instance = find_instance(options, host_root);
  if (instance) return std::optional(*std::move(instance));
  if (asked) return std::unexpected(std::move(instance).error());
  return std::nullopt;
}

}  // namespace

void BurstContext::update(const AllowanceDelta& delta, const Allowances& counters) {
  for (const Direction direction : kDirections) {
    has_[direction] = counters.has(counter_of(direction));
    gained_[direction] += counters.gained(counter_of(direction)).value_or(0);
  }
  to_ = delta.taken.boot;
}

// Nothing is known of the time since the last reading: a burst waits for the next one.
PerDirection<AllowanceGain> BurstContext::take_gains(Nanoseconds boot_time) {
  PerDirection<AllowanceGain> gains;
  for (const Direction direction : kDirections) {
    AllowanceGain& gain = gains[direction];
    gain.from = from_;
    gain.to = has_counters() ? to_ : boot_time;
    if (has_[direction]) gain.exceeded = std::exchange(gained_[direction], 0);
  }
  from_ = gains.rx.to;
  return gains;
}

GrantedRates BurstContext::granted() const {
  if (!instance_) return {};
  return {.baseline = instance_->terms.baseline,
          .peak = instance_->terms.burst,
          .no_credits = !instance_->terms.has_credits()};
}

ThresholdBasis BurstContext::threshold_basis() const {
  ThresholdBasis basis{.link_speed = link_speed_};
  if (instance_) {
    basis.instance_burst = instance_->terms.burst;
    basis.instance = instance_->name.empty() ? "the instance" : instance_->name;
  }
  return basis;
}

Result<BurstSetup> set_up_bursts(const InstanceOptions& instance, const InterfaceChoice& choice,
                                 const ThresholdRequest& request) {
  auto known = instance_if_known(instance, choice.host_root);
  if (!known) return std::unexpected(std::move(known).error());
  BurstContext context(*std::move(known),
                       choice.netns.empty() ? slowest_uplink(choice.interfaces) : std::nullopt);
  Threshold threshold = resolve(request, context.threshold_basis());
  return BurstSetup{.context = std::move(context), .threshold = std::move(threshold)};
}

}  // namespace cgtally::monitor
