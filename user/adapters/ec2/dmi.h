// SPDX-License-Identifier: Apache-2.0
// The type of this machine as its firmware tells it, below /sys/class/dmi/id: on Nitro the product
// is named as the type. Xen's firmware knows that it is at Amazon's, and no type. World-readable,
// asks nobody.
#pragma once

#include <string>

#include "adapters/ec2/identity.h"
#include "core/base/result.h"

namespace cgtally::ec2 {

// An Error says why the type is not known from here: no EC2, Xen, or nothing to read.
[[nodiscard]] Result<InstanceIdentity> read_dmi(const std::string& host_root);

}  // namespace cgtally::ec2
