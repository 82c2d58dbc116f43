// SPDX-License-Identifier: Apache-2.0
// Requests one link and not all of them: a host may have thousands of veths, and is read each
// second.
#include "adapters/netlink/device_counters.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/sys/error.h"

namespace cgtally::netlink {
namespace {

// The first words of rtnl_link_stats64, which only grows at its end.
struct Stats {
  std::uint64_t rx_packets;
  std::uint64_t tx_packets;
  std::uint64_t rx_bytes;
  std::uint64_t tx_bytes;
  std::uint64_t rx_errors;
  std::uint64_t tx_errors;
  std::uint64_t rx_dropped;
  std::uint64_t tx_dropped;
};

constexpr std::array kModes = {std::pair{IFLA_XDP_DRV_PROG_ID, XdpMode::native},
                               std::pair{IFLA_XDP_SKB_PROG_ID, XdpMode::generic},
                               std::pair{IFLA_XDP_HW_PROG_ID, XdpMode::offloaded}};

std::vector<XdpProgram> parse_xdp(const Attributes<IFLA_XDP_MAX>& xdp) {
  std::vector<XdpProgram> programs;
  for (const auto& [attribute, mode] : kModes) {
    if (const auto id = xdp.value<std::uint32_t>(attribute)) programs.push_back({mode, *id});
  }
  return programs;
}

Result<DeviceCounters> ask(Socket& socket, int ifindex) {
  ifinfomsg header{};
  header.ifi_index = ifindex;
  constexpr int kThisOne = 0;
  auto found = socket.dump<DeviceCounters>("read the device's counters",
                                           Request(RTM_GETLINK, header, kThisOne), counters_in);
  if (!found) return std::unexpected(std::move(found).error());
  if (found->empty()) {
    return std::unexpected(sys::error_from(ENODATA, "read the device's counters"));
  }
  return std::move(found->front());
}

}  // namespace

std::optional<DeviceCounters> counters_in(nlmsghdr& message) {
  const auto header = header_of<ifinfomsg>(message);
  if (!header || message.nlmsg_type != RTM_NEWLINK) return std::nullopt;
  const Attributes<IFLA_XDP> attributes(message, sizeof(*header));
  const auto stats = attributes.value<Stats>(IFLA_STATS64);
  if (!stats) return std::nullopt;
  return DeviceCounters{
      .carried = {.rx_bytes = {stats->rx_bytes},
                  .rx_packets = {stats->rx_packets},
                  .tx_bytes = {stats->tx_bytes},
                  .tx_packets = {stats->tx_packets}},
      .rx_dropped = {stats->rx_dropped},
      .tx_dropped = {stats->tx_dropped},
      .running = (header->ifi_flags & IFF_RUNNING) != 0,
      .xdp = parse_xdp(Attributes<IFLA_XDP_MAX>(attributes[IFLA_XDP])),
  };
}

Result<DeviceCounters> device_counters(int ifindex) {
  auto found = device_counters(std::span(&ifindex, 1));
  return std::move(found.front());
}

std::vector<Result<DeviceCounters>> device_counters(std::span<const int> ifindexes) {
  std::vector<Result<DeviceCounters>> all;
  all.reserve(ifindexes.size());
  auto socket = Socket::open();
  for (const int ifindex : ifindexes) {
    all.push_back(socket ? ask(*socket, ifindex) : std::unexpected(socket.error()));
    if (socket && !all.back()) socket = Socket::open();  // after an error it cannot be used again
  }
  return all;
}

}  // namespace cgtally::netlink
