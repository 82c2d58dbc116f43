// SPDX-License-Identifier: Apache-2.0
// The tc filters of an interface's clsact qdisc: the preferences that are taken, and the programs
// that hold them. Works in the calling thread's netns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace cgtally::netlink {

enum class Chain : std::uint8_t { ingress, egress };

struct Filter {
  std::uint32_t preference = 0;  // lower runs earlier
  std::uint32_t handle = 0;      // 0: the kernel's own head entry of a preference
  std::uint32_t chain = 0;       // only chain 0 runs, unless one of its filters jumps to another
  bool any_protocol = false;     // takes packets of each protocol
  std::string kind;              // "bpf", "flower"...
  std::string bpf_name;          // "cgt_ingress:[42]"; empty unless kind is bpf
  std::uint32_t bpf_program_id = 0;
};

// Empty if the interface has no clsact qdisc.
Result<std::vector<Filter>> list_filters(int ifindex, Chain chain);

}  // namespace cgtally::netlink
