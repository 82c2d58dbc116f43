// SPDX-License-Identifier: Apache-2.0
// Uses ETHTOOL_GSET and not its successor: it takes one call, and has room for every speed.
#include "adapters/ethtool/link_speed.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "adapters/sys/fd.h"

namespace cgtally::ethtool {

std::optional<BitRate> link_speed(int ifindex) {
  ifreq request{};
  const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || !::if_indextoname(static_cast<unsigned>(ifindex), request.ifr_name)) {
    return std::nullopt;
  }
  ethtool_cmd command{};
  command.cmd = ETHTOOL_GSET;
  request.ifr_data = reinterpret_cast<char*>(&command);
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return std::nullopt;
  const __u32 megabits = ethtool_cmd_speed(&command);
  // An unknown speed is all ones, in 32 bits or, in old drivers, in 16.
  if (megabits == 0 || megabits == static_cast<__u32>(SPEED_UNKNOWN) || megabits == 0xffff) {
    return std::nullopt;
  }
  return BitRate{std::uint64_t{megabits} * 1'000'000};
}

}  // namespace cgtally::ethtool
