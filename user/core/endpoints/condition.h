// SPDX-License-Identifier: Apache-2.0
// How much of the forwarded traffic can be named, as `status` shows it: from the endpoints that
// exist and what the kernel's maps have of them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/endpoints/endpoints.h"

namespace cgtally {

struct EndpointCondition {
  std::size_t namespaces = 0;  // of pods and containers
  std::size_t addresses = 0;   // of them
  std::size_t known = 0;       // of the addresses: in the kernel's map
  std::size_t devices = 0;     // the host's ends of their veths
  std::size_t origins = 0;     // of the devices: cgt_origin is attached
  std::size_t ambiguous = 0;   // addresses that two of them have
  std::size_t no_process = 0;  // of the namespaces: without an owner, because no process is in it
  std::size_t shared = 0;      // ... because its processes belong to several owners
  std::size_t no_cgroup = 0;   // ... because the owner's cgroup cannot be found
  std::string unknown;         // why it could not be found out; empty if it could

  void add(const EndpointTable& table);
};

// The rest of the lines that begin with "pods"; none if there is nothing to say.
[[nodiscard]] std::vector<std::string> endpoint_lines(const EndpointCondition& endpoints);

}  // namespace cgtally
