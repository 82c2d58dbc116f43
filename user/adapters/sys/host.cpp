// SPDX-License-Identifier: Apache-2.0
// The host name is that of the UTS namespace: in a container that shares it, the node's.
#include "adapters/sys/host.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/utsname.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>

namespace cgtally::sys {

std::string host_name() {
  utsname names{};
  return uname(&names) == 0 ? std::string(names.nodename) : std::string();
}

std::string random_id() {
  std::array<std::uint64_t, 2> bits{};
  // Requests of up to 256 bytes are never cut short; a signal can only interrupt the first one,
  // early in boot.
  while (getrandom(bits.data(), sizeof(bits), 0) < 0 && errno == EINTR) {
  }
  return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

}  // namespace cgtally::sys
