// SPDX-License-Identifier: Apache-2.0
// What the device's allowance counters and the instance's type say to a burst. It reads nothing
// itself: whoever looks at the counters tells it, so that no device is asked twice.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "monitor/bursts/burst_evidence.h"
#include "monitor/collectors/allowance_collector.h"
#include "monitor/credits/instance.h"

namespace cgtally::monitor {

class BurstContext final : public BurstEvidence {
 public:
  // `instance`: none where nobody knows which one this is. `link_speed`: likewise.
  explicit BurstContext(std::optional<Instance> instance,
                        std::optional<BitRate> link_speed = std::nullopt)
      : instance_(std::move(instance)), link_speed_(link_speed) {}

  // After each look at the counters.
  void hear(const AllowanceDelta& look, const Allowances& allowances);

  [[nodiscard]] bool has_counters() const override { return has_[0] || has_[1]; }
  [[nodiscard]] std::array<AllowanceGain, 2> read(Nanoseconds boot_time) override;
  [[nodiscard]] GrantedRates grant(Direction direction) const override;
  [[nodiscard]] ThresholdBasis facts() const override;

 private:
  std::optional<Instance> instance_;
  std::optional<BitRate> link_speed_;
  std::array<bool, 2> has_{};
  std::array<std::uint64_t, 2> gained_{};  // since the last read()
  Nanoseconds from_{};                     // boot time of the last look that was handed on
  Nanoseconds to_{};                       // and of the latest
};

// The instance that the options or the firmware name; none where neither does. An Error is one of
// what the user has asked for.
[[nodiscard]] Result<std::optional<Instance>> instance_if_known(const InstanceOptions& options,
                                                                const std::string& host_root);

// Of the slowest of our own netns' uplinks that these names and globs choose; none where one of
// them does not tell.
[[nodiscard]] std::optional<BitRate> slowest_uplink(const std::vector<std::string>& interfaces);

}  // namespace cgtally::monitor
