// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/testbed.h"

#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/cgroupfs/mount.h"
#include "adapters/ethtool/features.h"
#include "adapters/netlink/setup/device_setup.h"
#include "adapters/netns/own_netns.h"
#include "adapters/sys/error.h"
#include "adapters/sys/private_bpffs.h"

namespace cgtally::monitor {
namespace {

constexpr std::uint16_t kVlanId = 77;
constexpr int kNetworkBits = 24;
constexpr int kIpv6NetworkBits = 64;
constexpr const char* kPodRouter = "198.18.1.1";
constexpr const char* kPodNetwork = "198.18.1.0";

// As far as possible the kernel shall send no packet that the test did not ask for, and TCP no
// segment that its own counters cannot tell the length of: no options, and nothing sent twice on
// suspicion.
Result<void> be_quiet() {
  static constexpr std::array<std::pair<const char*, const char*>, 10> kSettings{{
      {"net/ipv6/conf/all/accept_dad", "0"},
      {"net/ipv6/conf/default/accept_dad", "0"},
      {"net/ipv6/conf/default/router_solicitations", "0"},
      {"net/ipv6/conf/default/accept_ra", "0"},
      {"net/ipv4/ip_forward", "0"},
      {"net/ipv4/tcp_timestamps", "0"},
      {"net/ipv4/tcp_sack", "0"},
      {"net/ipv4/tcp_dsack", "0"},
      {"net/ipv4/tcp_early_retrans", "0"},
      {"net/ipv4/tcp_ecn", "0"},
  }};
  for (const auto& [key, value] : kSettings) {
    const auto set = netns::set_sysctl(key, value);
    if (!set && set.error().code != ENOENT) return set;  // a kernel without IPv6
  }
  return {};
}

// Cutting in software comes after our hook: super-packets pass the hook, and the device's own
// counters have frames.
constexpr std::array<ethtool::FeatureSetting, 9> kCut{{
    {.name = "tx-generic-segmentation", .on = true},
    {.name = "rx-gro", .on = false},
    {.name = "tx-vlan-hw-insert", .on = false},
    {.name = "tx-vlan-stag-hw-insert", .on = false},
    {.name = "tx-tcp-segmentation", .on = false},
    {.name = "tx-tcp6-segmentation", .on = false},
    {.name = "tx-tcp-ecn-segmentation", .on = false},
    {.name = "tx-tcp-mangleid-segmentation", .on = false},
    {.name = "tx-udp-segmentation", .on = false},
}};
constexpr std::array<ethtool::FeatureSetting, 3> kWhole{{
    {.name = "tx-tcp-segmentation", .on = true},
    {.name = "tx-tcp6-segmentation", .on = true},
    {.name = "tx-udp-segmentation", .on = true},
}};

}  // namespace

Testbed::Testbed(cgroupfs::OwnCgroups cgroups, netns::Netns host, netns::Netns remote,
                 netns::Netns pod)
    : cgroups_(std::move(cgroups)),
      host_(std::move(host)),
      remote_(std::move(remote)),
      pod_netns_(std::move(pod)),
      pod_(std::unexpected(Error{.what = "there is no pod yet", .hint = {}})) {}

Result<std::unique_ptr<Testbed>> Testbed::build(const std::string& host_root) {
  const auto mount = cgroupfs::cgroup2_mount(host_root);
  if (!mount) return std::unexpected(mount.error());
  if (auto done = sys::make_writable(*mount); !done) return std::unexpected(done.error());
  auto cgroups = cgroupfs::OwnCgroups::make(*mount, kCgroupPrefix);
  if (!cgroups) return std::unexpected(cgroups.error());
  auto host = netns::make_netns();
  if (!host) return std::unexpected(host.error());
  auto remote = netns::make_netns();
  if (!remote) return std::unexpected(remote.error());
  auto pod = netns::make_netns();
  if (!pod) return std::unexpected(pod.error());
  std::unique_ptr<Testbed> made(
      new Testbed(std::move(*cgroups), std::move(*host), std::move(*remote), std::move(*pod)));
  auto entered = netns::Entered::enter(made->host_);
  if (!entered) return std::unexpected(entered.error());
  made->entered_.emplace(std::move(*entered));
  if (auto done = made->connect(); !done) return std::unexpected(done.error());
  if (auto done = made->fill(); !done) return std::unexpected(done.error());
  return made;
}

Result<void> Testbed::configure(const netns::Netns& netns, const std::string& device,
                                const std::string& address4, const std::string& address6) const {
  const auto there = netns::Entered::enter(netns);
  if (!there) return std::unexpected(there.error());
  if (auto done = be_quiet(); !done) return done;
  if (auto done = netlink::bring_up("lo"); !done) return done;
  if (auto done = ethtool::set_features(device, kCut); !done) return done;
  if (auto done = netlink::put_queue(device); !done) return done;
  if (auto done = netlink::bring_up(device); !done) return done;
  if (auto done = netlink::add_address(device, address4, kNetworkBits); !done) return done;
  // Without IPv6 the checks of it are skipped.
  (void)netlink::add_address(device, address6, kIpv6NetworkBits);
  return {};
}

Result<void> Testbed::connect() {
  if (auto done = be_quiet(); !done) return done;
  if (auto made = netlink::make_veth(
          {.name = kCountedDevice, .peer = kRemoteDevice, .peer_netns_fd = remote_.fd()});
      !made) {
    return made;
  }
  if (auto done = configure(host_, kCountedDevice, kIpv4Pair.host, kIpv6Pair.host); !done) {
    return done;
  }
  if (auto done = configure(remote_, kRemoteDevice, kIpv4Pair.remote, kIpv6Pair.remote); !done) {
    return done;
  }
  counted_ = static_cast<int>(::if_nametoindex(kCountedDevice));
  const auto there = netns::Entered::enter(remote_);
  if (!there) return std::unexpected(there.error());
  far_ = static_cast<int>(::if_nametoindex(kRemoteDevice));
  return {};
}

Result<Tenant> Testbed::tenant(const std::string& name, const netns::Netns& netns) {
  auto cgroup = cgroups_.add(name);
  if (!cgroup) return std::unexpected(cgroup.error());
  auto sockets = traffic::SocketMaker::start(cgroup->directory, netns);
  if (!sockets) return std::unexpected(std::move(sockets).error());
  return Tenant{.cgroup = std::move(*cgroup), .sockets = std::move(*sockets)};
}

Result<void> Testbed::fill() {
  auto first = tenant("first", host_);
  if (!first) return std::unexpected(std::move(first).error());
  first_.emplace(std::move(*first));
  auto second = tenant("second", host_);
  if (!second) return std::unexpected(std::move(second).error());
  second_.emplace(std::move(*second));
  const auto connected = connect_pod();
  if (!connected) {
    pod_ = std::unexpected(connected.error());
    return {};
  }
  auto pod = tenant("pod", pod_netns_);
  if (pod) {
    pod_.emplace(std::move(*pod));
  } else {
    pod_ = std::unexpected(std::move(pod).error());
  }
  return {};
}

Result<void> Testbed::connect_pod() {
  if (auto done = netns::set_sysctl("net/ipv4/ip_forward", "1"); !done) return done;
  if (auto done =
          netlink::make_veth({.name = "cgspod", .peer = "eth0", .peer_netns_fd = pod_netns_.fd()});
      !done) {
    return done;
  }
  if (auto done = netlink::bring_up("cgspod"); !done) return done;
  if (auto done = netlink::add_address("cgspod", kPodRouter, kNetworkBits); !done) return done;
  {
    const auto there = netns::Entered::enter(remote_);
    if (!there) return std::unexpected(there.error());
    if (auto done = netlink::add_route(kPodNetwork, kNetworkBits, kIpv4Pair.host); !done) {
      return done;
    }
  }
  const auto there = netns::Entered::enter(pod_netns_);
  if (!there) return std::unexpected(there.error());
  if (auto done = be_quiet(); !done) return done;
  if (auto done = netlink::bring_up("lo"); !done) return done;
  if (auto done = netlink::bring_up("eth0"); !done) return done;
  if (auto done = netlink::add_address("eth0", kPodAddress, kNetworkBits); !done) return done;
  return netlink::add_route("0.0.0.0", 0, kPodRouter);
}

Result<sys::Fd> Testbed::remote_socket(int family, int type) const {
  const auto there = netns::Entered::enter(remote_);
  if (!there) return std::unexpected(there.error());
  sys::Fd made(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!made) return std::unexpected(sys::error_from(errno, "make a socket"));
  return made;
}

Result<void> Testbed::send_super_packets(bool whole) const {
  const std::span<const ethtool::FeatureSetting> settings =
      whole ? std::span<const ethtool::FeatureSetting>(kWhole) : kCut;
  if (auto done = ethtool::set_features(kCountedDevice, settings); !done) return done;
  const auto there = netns::Entered::enter(remote_);
  if (!there) return std::unexpected(there.error());
  return ethtool::set_features(kRemoteDevice, settings);
}

Result<void> Testbed::add_vlan() const {
  const auto add = [](const char* below, const std::string& address) -> Result<void> {
    const std::string name = std::string(below) + ".77";
    if (auto done = netlink::make_vlan(name, below, kVlanId); !done) return done;
    if (auto done = netlink::bring_up(name); !done) return done;
    return netlink::add_address(name, address, kNetworkBits);
  };
  if (auto done = add(kCountedDevice, kVlanPair.host); !done) return done;
  const auto there = netns::Entered::enter(remote_);
  if (!there) return std::unexpected(there.error());
  return add(kRemoteDevice, kVlanPair.remote);
}

}  // namespace cgtally::monitor
