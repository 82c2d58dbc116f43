// SPDX-License-Identifier: Apache-2.0
// Offloads of a device, by the names of `ethtool -k`: what is cut into frames or put together, and
// where.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cgtally::ethtool {

struct FeatureSetting {
  std::string_view name;  // "tx-tcp-segmentation"
  bool on = false;
};

// For a device of the calling thread's netns. Features that this kernel or driver does not know
// stay as they are.
Result<void> set_features(const std::string& device, std::span<const FeatureSetting> settings);

}  // namespace cgtally::ethtool
