// SPDX-License-Identifier: Apache-2.0
// BurstContext: what is known of the instance beside its traffic, to explain a burst. And the one
// set-up of context and threshold for live, record and bursts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bursts/cause.h"
#include "core/bursts/threshold.h"
#include "core/traffic/direction.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/credits/instance.h"
#include "monitor/session/interface_choice.h"

namespace cgtally::monitor {

// Adds up what the allowance counters gained between two explanations, and knows the rates that the
// instance is granted. A BurstMonitor owns one. Reads no counter itself: the Monitor does, so that
// no device is asked twice.
class BurstContext {
 public:
  // Both may be unknown.
  BurstContext(std::optional<Instance> instance, std::optional<BitRate> link_speed)
      : instance_(std::move(instance)), link_speed_(link_speed) {}

  // After each reading of the counters.
  void update(const AllowanceDelta& delta, const Allowances& counters);

  [[nodiscard]] const std::optional<Instance>& instance() const { return instance_; }
  [[nodiscard]] bool has_counters() const { return has_.rx || has_.tx; }
  // What the counters gained since the last call, up to their last reading.
  [[nodiscard]] PerDirection<AllowanceGain> take_gains(Nanoseconds boot_time);
  // The same in both directions.
  [[nodiscard]] GrantedRates granted() const;
  [[nodiscard]] ThresholdBasis threshold_basis() const;

 private:
  std::optional<Instance> instance_;
  std::optional<BitRate> link_speed_;
  PerDirection<bool> has_;
  PerDirection<std::uint64_t> gained_;  // since the last take_gains()
  Nanoseconds from_{};                  // boot time of the last reading that was taken
  Nanoseconds to_{};                    // and of the latest
};

struct BurstSetup {
  BurstContext context;
  Threshold threshold;
};
// Finds the instance that the options or the firmware name, and the speed of the slowest uplink;
// what cannot be found stays unknown. An Error is about what the user asked for.
[[nodiscard]] Result<BurstSetup> set_up_bursts(const InstanceOptions& instance,
                                               const InterfaceChoice& choice,
                                               const ThresholdRequest& request);

}  // namespace cgtally::monitor
