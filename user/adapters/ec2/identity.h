// SPDX-License-Identifier: Apache-2.0
// What a machine says of itself as an instance of EC2.
#pragma once

#include <string>
#include <string_view>

namespace cgtally::ec2 {

struct InstanceIdentity {
  std::string type;         // "t4g.micro"
  std::string instance_id;  // "i-0123456789abcdef0"; empty where it was not told
};

// Whether it has the form of an instance type: "c6g.xlarge", "u7i-12tb.224xlarge".
[[nodiscard]] bool looks_like_type(std::string_view text);
[[nodiscard]] bool looks_like_instance_id(std::string_view text);

}  // namespace cgtally::ec2
