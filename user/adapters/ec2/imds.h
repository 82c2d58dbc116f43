// SPDX-License-Identifier: Apache-2.0
// The instance type from the instance metadata service (IMDSv2): a session token, then two values,
// all within one time limit. Asked only with --imds, since the requests are traffic and count
// against the link-local allowance. Source: "Retrieve instance metadata", EC2 User Guide.
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
  Nanoseconds limit = std::chrono::seconds{1};  // for all requests together
};

[[nodiscard]] Result<InstanceIdentity> ask_imds(const ImdsEndpoint& endpoint = {});

}  // namespace cgtally::ec2
