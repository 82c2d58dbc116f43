// SPDX-License-Identifier: Apache-2.0
// The identity of an EC2 instance, and the checks that text from outside must pass to be one.
#pragma once

#include <string>
#include <string_view>

namespace cgtally::ec2 {

struct InstanceIdentity {
  std::string type;         // "t4g.micro"
  std::string instance_id;  // "i-0123456789abcdef0"; empty if not known
};

// True for text in the form of an instance type: "c6g.xlarge", "u7i-12tb.224xlarge".
[[nodiscard]] bool looks_like_type(std::string_view text);
[[nodiscard]] bool looks_like_instance_id(std::string_view text);

}  // namespace cgtally::ec2
