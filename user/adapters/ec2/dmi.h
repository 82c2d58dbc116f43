// SPDX-License-Identifier: Apache-2.0
// The instance type from the machine's DMI data below /sys/class/dmi/id: on Nitro the product name
// is the type. Xen's DMI data names Amazon but no type. The files are world-readable, and no
// request goes over the network.
#pragma once

#include <string>

#include "adapters/ec2/identity.h"
#include "core/base/result.h"

namespace cgtally::ec2 {

// The Error says why DMI does not give the type: not EC2, Xen, or nothing to read.
[[nodiscard]] Result<InstanceIdentity> read_dmi(const std::string& host_root);

}  // namespace cgtally::ec2
