// SPDX-License-Identifier: Apache-2.0
// The type of this instance as its metadata service tells it (IMDSv2): a session token, then two
// values, all within one limit of time. Only ever asked if the user says so: it is traffic, and
// counts against an allowance of its own.
#pragma once

#include <cstdint>
#include <string>

#include "adapters/ec2/identity.h"
#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::ec2 {

struct ImdsEndpoint {
  std::string address = "169.254.169.254";  // IPv4
  std::uint16_t port = 80;
  Nanoseconds limit = std::chrono::seconds{1};  // for everything
};

[[nodiscard]] Result<InstanceIdentity> ask_imds(const ImdsEndpoint& endpoint = {});

}  // namespace cgtally::ec2
