// SPDX-License-Identifier: Apache-2.0
// Neighbours are permanent and duplicate address detection is off, so that a quiet wire stays
// quiet.
#include "harness/traffic/wire.h"

#include <arpa/inet.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "harness/host/command.h"
#include "harness/traffic/frames.h"

namespace cgtally::harness {

IpAddress parse_address(const std::string& text) {
  IpAddress address;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  address.bytes[10] = address.bytes[11] = 0xff;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data() + 12) == 1) return address;
  throw std::runtime_error("not an address: " + text);
}

Traffic MeasuredDevice::truth() const {
  const auto rx = received.read();
  const auto tx = sent.read();
  return {Bytes{rx.bytes}, Packets{rx.packets}, Bytes{tx.bytes}, Packets{tx.packets}};
}

Interface MeasuredDevice::link() const {
  return {.netns_id = {.inode = netns->inode()},
          .ifindex = netns->ifindex(name),
          .name = name,
          .kind = "veth",
          .driver = {},
          .up = true,
          .loopback = false,
          .ethernet = true};
}

Wire::Wire(const std::string& suffix)
    : host_("host" + suffix),
      hub_("hub" + suffix),
      remote_("remote" + suffix),
      to_host_((connect(), hub_), "hub1"),
      from_host_(remote_, "cgt1") {
  wait_until_forwarding();
}

void Wire::connect() const {
  hub_.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
  hub_.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
  hub_.ip(
      "link add hub type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
      "link add hub0 type veth peer name cgt0 address 02:00:00:00:00:01 netns " +
      host_.name() +
      "\n"
      "link add hub1 type veth peer name cgt1 address 02:00:00:00:00:02 netns " +
      remote_.name() +
      "\n"
      "link set hub0 master hub\n"
      "link set hub1 master hub\n");
  turn_offloads();
  // A hub does not look into frames; netfilter would drop those that are no proper IP.
  for (const auto* table : {"iptables", "ip6tables", "arptables"}) {
    const auto key = std::string("/proc/sys/net/bridge/bridge-nf-call-") + table;
    if (std::filesystem::exists(key))
      hub_.sysctl("net.bridge.bridge-nf-call-" + std::string(table), "0");
  }
  hub_.ip("link set hub up\nlink set hub0 up\nlink set hub1 up\n");
  const auto configure = [](const Netns& netns, const std::string& device, const std::string& own,
                            const std::string& peer) {
    const auto peer_mac = " lladdr 02:00:00:00:00:0" + peer + " nud permanent dev " + device + "\n";
    netns.ip("link set " + device +
             " up\n"
             "addr add 10.77.0." +
             own + "/24 broadcast 10.77.0.255 dev " + device +
             "\n"
             "addr add fd77::" +
             own + "/64 nodad dev " + device +
             "\n"
             "neigh replace 10.77.0." +
             peer + peer_mac + "neigh replace fd77::" + peer + peer_mac);
  };
  configure(remote_, "cgt1", "2", "1");
  configure(host_, "cgt0", "1", "2");
}

void Wire::turn_offloads() const {
  const auto ethtool = [](const Netns& netns, const std::vector<std::string>& settings) {
    std::vector<std::string> argv{"ethtool", "-K"};
    argv.insert(argv.end(), settings.begin(), settings.end());
    const Inside guard(netns);
    run(argv);
  };
  ethtool(host_, {"cgt0", "tso", "on", "gso", "on", "gro", "on", "tx-udp-segmentation", "on"});
  for (const auto& [netns, device] :
       {std::pair{&hub_, "hub0"}, std::pair{&hub_, "hub1"}, std::pair{&remote_, "cgt1"}}) {
    ethtool(*netns, {device, "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation", "off",
                     "tx-udp_tnl-segmentation", "off", "tx-udp_tnl-csum-segmentation", "off",
                     "txvlan", "off", "tx-vlan-stag-hw-insert", "off"});
  }
}

void Wire::wait_until_forwarding() const {
  const PacketSocket from_remote(remote_, "cgt1");
  const PacketSocket from_host(host_, "cgt0");
  const auto both = host_end();
  const auto before = both.truth();
  for (int attempt = 0; attempt < 6000; ++attempt) {
    from_remote.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(46)));
    from_host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(46)));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    const auto now = both.truth();
    if (now.rx_packets > before.rx_packets && now.tx_packets > before.tx_packets) return;
  }
  throw std::runtime_error("the hub does not forward");
}

MeasuredDevice Wire::host_end() const {
  return {.netns = &host_,
          .name = "cgt0",
          .received = {&remote_, "cgt1", true},
          .sent = {&remote_, "cgt1", false},
          .arrived = {&hub_, "hub0", true},
          .addresses = {parse_address(kHost4), parse_address("10.77.0.255"), parse_address(kHost6),
                        parse_address("fe80::ff:fe00:1"), parse_address("127.0.0.1"),
                        parse_address("::1")}};
}

MeasuredDevice Wire::hub_port() const {
  return {.netns = &hub_,
          .name = "hub1",
          .received = {&remote_, "cgt1", true},
          .sent = {&remote_, "cgt1", false},
          .arrived = {&remote_, "cgt1", true},
          .addresses = {parse_address("127.0.0.1")}};
}

void Wire::watch(const std::string& name, const std::string& to_host,
                 const std::string& from_host) {
  to_host_.watch(name, to_host);
  from_host_.watch(name, from_host);
}

Traffic Wire::watched(const std::string& name) const {
  const auto rx = to_host_.read(name);
  const auto tx = from_host_.read(name);
  return {Bytes{rx.bytes}, Packets{rx.packets}, Bytes{tx.bytes}, Packets{tx.packets}};
}

}  // namespace cgtally::harness
