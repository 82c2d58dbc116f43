// SPDX-License-Identifier: Apache-2.0
// Neighbours are permanent, so that no ARP is among what is counted.
#include "netns/paths/layouts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "harness/traffic/frames.h"

namespace cgtally::harness {
namespace {

void choose(PathScene& scene, IpVersion version) {
  if (version == IpVersion::v4) return;
  scene.talks_to([](const PathPod&) { return std::string(kRemote6); });
  scene.is_asked_at([](const PathPod& pod) { return pod.ip6(); });
}

void plug_routed(PathScene& scene, const PathPod& pod) {
  scene.plug(pod);
  scene.host().ip(
      fmt::format("route add {1}/32 dev {0}\nroute add {2}/128 dev {0}\n"
                  "neigh replace {1} lladdr 02:00:00:00:02:0{3} nud permanent dev {0}\n"
                  "neigh replace {2} lladdr 02:00:00:00:02:0{3} nud permanent dev {0}\n",
                  pod.device(), pod.ip4(), pod.ip6(), pod.number()));
  pod.netns().ip(
      fmt::format("addr add {0}/32 dev eth0\naddr add {1}/128 nodad dev eth0\n"
                  "neigh replace 169.254.1.1 lladdr 02:00:00:00:01:0{2} nud permanent dev eth0\n"
                  "neigh replace fe80::1 lladdr 02:00:00:00:01:0{2} nud permanent dev eth0\n"
                  "route add 169.254.1.1 dev eth0 scope link\nroute add default via 169.254.1.1\n"
                  "route add default via fe80::1 dev eth0\n",
                  pod.ip4(), pod.ip6(), pod.number()));
}

void masquerade(const PathScene& scene) {
  scene.nft(
      "table inet cgtsnat { chain post { type nat hook postrouting priority 100; policy accept; "
      "oifname \"cgt0\" masquerade; }; }\n");
}

void publish(const PathScene& scene) {
  std::string rules;
  for (const auto& pod : scene.pods()) {
    for (const std::string protocol : {"tcp", "udp"}) {
      rules += fmt::format(
          "ip daddr {4} {0} dport {1} dnat ip to {2};\n"
          "ip6 daddr {5} {0} dport {1} dnat ip6 to {3};\n",
          protocol, pod->port(), pod->ip4(), pod->ip6(), kHost4, kHost6);
    }
  }
  scene.nft(
      "table inet cgtdnat { chain pre { type nat hook prerouting priority -100; policy accept;\n" +
      rules + "}; }\n");
}

void set_call_iptables(const PathScene& scene, bool on) {
  for (const std::string key : {"iptables", "ip6tables"}) {
    const auto name = "net/bridge/bridge-nf-call-" + key;
    if (std::filesystem::exists("/proc/sys/" + name)) scene.host().sysctl(name, on ? "1" : "0");
  }
}

// Later fragments have no ports: the pods are told apart by their addresses.
void send_fragments(PathScene& scene) {
  scene.nft(
      "table inet cgtfilter { chain forward { type filter hook forward priority 0; policy accept; "
      "ct state new accept; }; }\n");
  scene.watch_by("ip daddr %IP4%", "ip saddr %IP4%");
  scene.also([&scene] {
    constexpr std::uint16_t kPort = 9100;
    const auto taken = scene.wire().remote().socket(AF_INET, SOCK_DGRAM);
    bind_to(taken, at(kRemote4, kPort));
    std::vector<sys::Fd> sockets;
    for (const auto& pod : scene.pods()) sockets.push_back(pod->socket(AF_INET, SOCK_DGRAM));
    for (int turn = 0; turn < 500; ++turn) {
      for (std::size_t i = 0; i < sockets.size(); ++i) {
        send_datagrams(sockets[i], at(kRemote4, kPort), 1, 4000 + 3000 * i);
        receive_datagrams(taken, 1);
      }
    }
  });
}

std::string own_cgroup() {
  std::ifstream lines("/proc/self/cgroup");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "/";
}

// A tap in the host: what is written to it comes in there.
sys::Fd open_tap(const Netns& netns, const std::string& name) {
  const Inside guard(netns);
  sys::Fd tap(open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  require(tap && ioctl(tap.get(), TUNSETIFF, &request) == 0, "make the tap " + name);
  return tap;
}

}  // namespace

void lay_bridge_beside_tap(PathScene& scene) {
  lay_bridge(scene);
  const auto tap = std::make_shared<sys::Fd>(open_tap(scene.host(), "tap0"));
  scene.host().ip("link set tap0 master br0\nlink set tap0 up\n");
  scene.add_stranger(own_cgroup());  // a tap's frames have the socket of the process that made it
  scene.also([&scene, tap] {
    constexpr std::uint16_t kPort = 9100;
    const auto frame =
        ethernet({2, 0, 0, 0, 5, 1}, {2, 0, 0, 0, 3, 1}, kEtherIp4,
                 ip4({.source = "10.88.0.99", .destination = kRemote4}, udp(kPort, kPort, 1000)));
    const auto taken = scene.wire().remote().socket(AF_INET, SOCK_DGRAM);
    bind_to(taken, at(kRemote4, kPort));
    std::vector<sys::Fd> sockets;
    for (const auto& pod : scene.pods()) {
      sockets.push_back(pod->socket(AF_INET, SOCK_DGRAM));
      connect_to(sockets.back(), at(kRemote4, pod->port()));
    }
    std::vector<sys::Fd> sinks;
    for (const auto& pod : scene.pods()) {
      sinks.push_back(scene.wire().remote().socket(AF_INET, SOCK_DGRAM));
      bind_to(sinks.back(), at(kRemote4, pod->port()));
    }
    for (int turn = 0; turn < 1000; ++turn) {
      for (std::size_t i = 0; i < sockets.size(); ++i) {
        send_datagrams(sockets[i], at(kRemote4, scene.pods()[i]->port()), 1, 1000);
        receive_datagrams(sinks[i], 1);
        require(write(tap->get(), frame.data(), frame.size()) > 0, "write to the tap");
        receive_datagrams(taken, 1);
      }
    }
  });
}

void lay_routed_fragments(PathScene& scene) {
  lay_routed(scene);
  send_fragments(scene);
}

void lay_bridge_fragments(PathScene& scene) {
  lay_bridge(scene);
  set_call_iptables(scene, true);
  send_fragments(scene);
}

void lay_routed(PathScene& scene, IpVersion version) {
  for (const auto* label : {"a", "b"}) plug_routed(scene, scene.add_pod(label));
  choose(scene, version);
}

void lay_routed_masquerade(PathScene& scene) {
  lay_routed(scene);
  masquerade(scene);
  scene.is_asked_at([](const PathPod&) { return std::string(); });
}

void lay_routed_with_gro(PathScene& scene) {
  lay_routed(scene);
  for (const auto& pod : scene.pods()) {
    scene.in_host({"ethtool", "-K", pod->device(), "gro", "on"});
    const Inside guard(pod->netns());
    run({"ethtool", "-K", "eth0", "tso", "off", "gso", "off"});
  }
}

void lay_routed_udp_without_connect(PathScene& scene) {
  lay_routed(scene);
  scene.without_connect();
}

void lay_routed_beside_listener(PathScene& scene) {
  lay_routed(scene);
  scene.listen_beside();
}

void lay_routed_through_queue(PathScene& scene) {
  lay_routed(scene);
  scene.serve_queue();
}

void lay_bridge(PathScene& scene, IpVersion version) {
  scene.host().ip(
      "link add br0 address 02:00:00:00:03:01 type bridge stp_state 0 forward_delay 0 "
      "mcast_snooping 0\n"
      "addr add 10.88.0.1/24 dev br0\naddr add fd88::1/64 nodad dev br0\nlink set br0 up\n");
  for (const auto* label : {"a", "b"}) {
    const PathPod& pod = scene.add_pod(label);
    scene.plug(pod);
    scene.host().ip("link set " + pod.device() + " master br0\n");
    pod.netns().ip(
        fmt::format("addr add {0}/24 dev eth0\naddr add {1}/64 nodad dev eth0\n"
                    "route add default via 10.88.0.1\nroute add default via fd88::1\n",
                    pod.ip4(), pod.ip6()));
  }
  set_call_iptables(scene, false);
  choose(scene, version);
}

void lay_bridge_masquerade(PathScene& scene, bool call_iptables) {
  lay_bridge(scene);
  masquerade(scene);
  set_call_iptables(scene, call_iptables);
  scene.is_asked_at([](const PathPod&) { return std::string(); });
}

void lay_published(PathScene& scene, IpVersion version) {
  lay_bridge(scene, version);
  masquerade(scene);
  publish(scene);
  const std::string address = version == IpVersion::v4 ? kHost4 : kHost6;
  scene.is_asked_at([address](const PathPod&) { return address; });
}

void lay_published_beside_listener(PathScene& scene) {
  lay_published(scene);
  scene.listen_beside();
}

void lay_ipvs(PathScene& scene) {
  lay_bridge(scene);
  masquerade(scene);
  scene.host().sysctl("net.ipv4.vs.conntrack", "1");
  for (const auto& pod : scene.pods()) {
    const auto service = fmt::format("{}:{}", kHost4, pod->port());
    const auto server = fmt::format("{}:{}", pod->ip4(), pod->port());
    for (const std::string protocol : {"-t", "-u"}) {
      scene.in_host({"ipvsadm", "-A", protocol, service, "-s", "rr"});
      scene.in_host({"ipvsadm", "-a", protocol, service, "-r", server, "-m"});
    }
  }
  scene.is_asked_at([](const PathPod&) { return std::string(kHost4); });
}

void lay_hairpin(PathScene& scene) {
  lay_published(scene);
  scene.nft(
      "table inet cgthairpin { chain post { type nat hook postrouting priority 100; policy accept; "
      "ip saddr 10.88.0.0/24 ip daddr 10.88.0.0/24 masquerade; }; }\n");
  for (const auto& pod : scene.pods())
    scene.host().ip("link set " + pod->device() + " type bridge_slave hairpin on\n");
  scene.also([&scene] {
    for (const auto& client : scene.pods()) {
      for (const auto& server : scene.pods()) scene.talk_between(*client, *server, kHost4);
    }
  });
}

void lay_shared_netns(PathScene& scene) {
  const PathPod& first = scene.add_pod("a");
  plug_routed(scene, first);
  scene.add_pod("b", first.netns());
  const auto address = first.ip4();
  scene.is_asked_at([address](const PathPod&) { return address; });
}

void lay_vxlan(PathScene& scene) {
  const auto overlay = [](const Netns& netns, const std::string& device, int own, int other) {
    netns.ip(
        fmt::format("link add vx0 address 02:00:00:00:04:0{1} type vxlan id 42 local 10.77.0.{1} "
                    "remote 10.77.0.{2} dstport 4789 dev {0}\n"
                    "addr add 10.89.0.{1}/24 dev vx0\nlink set vx0 up\n"
                    "neigh replace 10.89.0.{2} lladdr 02:00:00:00:04:0{2} nud permanent dev vx0\n",
                    device, own, other));
  };
  overlay(scene.host(), "cgt0", 1, 2);
  overlay(scene.wire().remote(), "cgt1", 2, 1);
  lay_routed(scene);
  scene.wire().remote().ip("route replace 10.88.0.0/24 via 10.89.0.1\n");
  for (const auto& pod : scene.pods()) {
    scene.host().ip("link set " + pod->device() + " mtu 1450\n");
    pod->netns().ip("link set eth0 mtu 1450\n");
  }
  scene.talks_to([](const PathPod&) { return std::string("10.89.0.2"); });
  // The ports of the inner packet: after the outer UDP, VXLAN, Ethernet and IPv4 headers.
  scene.watch_by("udp dport 4789 @th,400,16 %PORT%", "udp dport 4789 @th,416,16 %PORT%");
}

void lay_host_network(PathScene& scene) {
  for (const auto* label : {"a", "b"}) scene.add_pod(label, scene.host());
  scene.is_asked_at([](const PathPod&) { return std::string(kHost4); });
}

void lay_macvlan(PathScene& scene) {
  scene.wire().remote().ip("route del 10.88.0.0/24\n");
  for (const auto* label : {"a", "b"}) {
    const PathPod& pod = scene.add_pod(label);
    scene.host().ip(
        fmt::format("link add mac{0} link cgt0 address 02:00:00:00:02:0{0} type macvlan mode "
                    "bridge\nlink set mac{0} netns {1}\n",
                    pod.number(), pod.netns().name()));
    pod.netns().ip(
        fmt::format("link set mac{0} name eth0\nlink set eth0 up\naddr add {1}/24 dev eth0\n"
                    "route add 10.77.0.0/24 dev eth0\n"
                    "neigh replace 10.77.0.2 lladdr 02:00:00:00:00:02 nud permanent dev eth0\n",
                    pod.number(), pod.ip4()));
    scene.wire().remote().ip(
        fmt::format("route add {1} dev cgt1\n"
                    "neigh replace {1} lladdr 02:00:00:00:02:0{0} nud permanent dev cgt1\n",
                    pod.number(), pod.ip4()));
  }
}

void lay_macvlan_beside_listener(PathScene& scene) {
  lay_macvlan(scene);
  scene.listen_beside();
}

void lay_nested(PathScene& scene) {
  lay_routed(scene);
  scene.is_asked_at([](const PathPod&) { return std::string(); });
  struct Inner {
    std::unique_ptr<Netns> netns;
    std::unique_ptr<Cgroup> cgroup;
    std::unique_ptr<PodResident> resident;
  };
  auto inners = std::make_shared<std::map<int, Inner>>();
  for (const auto& pod : scene.pods()) {
    Inner inner;
    inner.netns = std::make_unique<Netns>("inner" + std::to_string(pod->number()));
    inner.cgroup = std::make_unique<Cgroup>(pod->cgroup_label() + "/app/inner");
    inner.resident = std::make_unique<PodResident>(*inner.cgroup, *inner.netns);
    pod->netns().sysctl("net.ipv4.ip_forward", "1");
    pod->netns().ip("link add veth0 type veth peer name eth0 netns " + inner.netns->name() +
                    "\naddr add 172.20.0.1/24 dev veth0\nlink set veth0 up\n");
    inner.netns->ip(
        "addr add 172.20.0.2/24 dev eth0\nlink set eth0 up\nroute add default via 172.20.0.1\n");
    const Inside guard(pod->netns());
    run({"nft", "-f", "-"},
        "table inet cgtsnat { chain post { type nat hook postrouting priority 100; policy "
        "accept; oifname \"eth0\" masquerade; }; }\n");
    inners->emplace(pod->number(), std::move(inner));
  }
  scene.talks_by([inners](const PathPod& pod, int family, int type) {
    const auto& inner = inners->at(pod.number());
    return inner.cgroup->socket(*inner.netns, family, type);
  });
}

std::string why_no_queue() {
  const Netns probe("probe");
  return queue_forwarded(probe, 7) ? ""
                                   : "this kernel has no NFQUEUE, neither by nft nor by iptables";
}

std::string why_no_ipvs() {
  if (!std::filesystem::exists("/proc/net/ip_vs")) return "this kernel has no IPVS";
  if (finish({"ipvsadm", "--version"}).exit_code != 0) return "ipvsadm is not installed";
  return "";
}

}  // namespace cgtally::harness
