// SPDX-License-Identifier: Apache-2.0
// The host name belongs to the UTS namespace: a container that shares the node's has the node's
// name.
#include "adapters/sys/host.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <system_error>

#include "core/base/text.h"

namespace cgtally::sys {

std::string host_name() {
  utsname names{};
  return uname(&names) == 0 ? escape_name(names.nodename) : std::string();
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

Result<std::uint32_t> cpu_ids() {
  constexpr const char* kPossible = "/sys/devices/system/cpu/possible";
  std::string ranges;  // "0-3", "0,2-5"
  std::getline(std::ifstream(kPossible), ranges);
  const std::size_t last = ranges.find_last_of(",-");
  const std::string_view digits =
      std::string_view(ranges).substr(last == std::string::npos ? 0 : last + 1);
  std::uint32_t highest = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), highest).ec != std::errc{}) {
    return std::unexpected(
        Error{.what = fmt::format("count the CPUs in {}: not a list of ranges", kPossible),
              .hint = "mount sysfs: mount -t sysfs sysfs /sys"});
  }
  return highest + 1;
}

unsigned online_cpus() {
  return static_cast<unsigned>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
}

}  // namespace cgtally::sys
