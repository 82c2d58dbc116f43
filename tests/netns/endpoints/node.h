// SPDX-License-Identifier: Apache-2.0
// A host that forwards for pods: the uplink cgt0 is counted, its endpoints are watched, and pods
// lie behind veths, routed or at a bridge. For the tests of this folder.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "adapters/bpf/programs/packet_programs.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/poller.h"
#include "harness/host/cgroup.h"
#include "harness/host/command.h"
#include "harness/host/hooks.h"
#include "harness/host/netns.h"
#include "harness/ledger/counted.h"
#include "harness/traffic/traffic.h"
#include "harness/traffic/wire.h"
#include "monitor/endpoints/endpoint_watcher.h"
#include "monitor/notices.h"

namespace cgtally::harness {

// A limit only for what never comes: a busy machine is late.
inline bool comes_true(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// Sleeps in a netns and a cgroup.
class Inhabitant {
 public:
  Inhabitant(const Netns& netns, const Cgroup& cgroup)
      : process_({"sh", "-c",
                  "echo $$ > \"$0/cgroup.procs\" && exec nsenter --net=\"$1\" sleep 300",
                  cgroup2_root() + cgroup.path(), netns.path()}) {}

 private:
  Running process_;
};

enum class PodLink { routed, bridged };

class Node {
 public:
  explicit Node(HookChoice hook = HookChoice::newest) : counted_(device(), hook) {
    wire_.host().ip(
        "link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
        "link set br0 up\naddr add 10.88.1.1/24 dev br0\naddr add fd88:1::1/64 dev br0 nodad");
    wire_.host().sysctl("net.ipv4.ip_forward", "1");
    wire_.host().sysctl("net.ipv6.conf.all.forwarding", "1");
    wire_.remote().ip("route add 10.88.0.0/16 via 10.77.0.1\nroute add fd88::/16 via fd77::1");
    auto started = monitor::EndpointWatcher::start("", notices_, *poller_);
    if (!started) throw std::runtime_error(started.error().what);
    watcher_ = *std::move(started);
    key_ = counted_.tally().add_netns();
    notices_.deliver_to([this](const std::string& notice) { said_ += notice + "\n"; });
    watch();
  }

  // The programs of `counted_` have the key before this one.
  void watch() {
    const Inside guard(wire_.host());
    watcher_->add(key_.value - 1, counted_.tally().endpoint_maps({key_.value - 1}),
                  counted_.tally().origin_program(), {wire_.host().ifindex("cgt0")});
  }
  void stop() { watcher_->remove(key_.value - 1); }
  // Such as the watcher writes.
  [[nodiscard]] Result<bpf::EndpointMaps> maps() {
    return counted_.tally().endpoint_maps({key_.value - 1});
  }

  [[nodiscard]] const Netns& host() const { return wire_.host(); }
  [[nodiscard]] const Wire& wire() const { return wire_; }
  [[nodiscard]] Counted& counted() { return counted_; }
  [[nodiscard]] bpf::KnownEndpoints known() {
    return bpf::read_endpoints(counted_.tally().ledger(), sys::now().boot);
  }
  [[nodiscard]] std::optional<Endpoint> at(const std::string& address) {
    const auto all = known();
    const auto found = all.addresses.find(parse_address(address));
    return found == all.addresses.end() ? std::nullopt : std::optional(found->second);
  }
  [[nodiscard]] std::uint64_t owner_of(const std::string& address) {
    const auto endpoint = at(address);
    return endpoint ? endpoint->cgroup_id : 0;
  }
  [[nodiscard]] std::size_t hooks() const {
    return static_cast<std::size_t>(
        std::ranges::count(attached_programs(host()), "cgt_origin", &AttachedProgram::name));
  }
  [[nodiscard]] std::string said() {
    (void)poller_->wait(Nanoseconds{});
    return said_;
  }

 private:
  MeasuredDevice device() { return wire_.host_end(); }

  Wire wire_;
  Counted counted_;
  monitor::Notices notices_;
  Result<sys::Poller> poller_ = sys::Poller::open();
  std::unique_ptr<monitor::EndpointWatcher> watcher_;
  bpf::NetnsKey key_;
  std::string said_;
};

// Its addresses are 10.88.<0 or 1>.<number> and fd88:<0 or 1>::<number>.
class Pod {
 public:
  Pod(const Node& node, int number, PodLink link = PodLink::routed)
      : node_(node), number_(number), link_(link), netns_("pod" + std::to_string(number)) {
    const std::string host_end = device();
    // The kernel takes its time with the netns of an earlier pod, and the veth goes with that.
    if (!comes_true([&] { return !node.host().has(host_end); })) {
      throw std::runtime_error(host_end + " does not go");
    }
    node.host().ip("link add " + host_end + " type veth peer name eth0 netns " + netns_.name());
    netns_.ip("link set lo up\nlink set eth0 up");
    if (link == PodLink::routed) {
      node.host().ip("link set " + host_end + " up\naddr add 169.254.1.1/32 dev " + host_end +
                     "\naddr add fe80::1:1/64 dev " + host_end + " nodad");
    } else {
      node.host().ip("link set " + host_end + " up master br0");
    }
  }

  // Routes on both sides, and the addresses.
  void bring_up() const {
    if (link_ == PodLink::routed) {
      netns_.ip("addr add " + v4() + "/32 dev eth0\naddr add " + v6() +
                "/128 dev eth0 nodad\nroute add 169.254.1.1 dev eth0\nroute add default via "
                "169.254.1.1 dev "
                "eth0\nroute add default via fe80::1:1 dev eth0");
      node_.host().ip("route replace " + v4() + " dev " + device() + "\nroute replace " + v6() +
                      " dev " + device());
    } else {
      netns_.ip(
          "addr add " + v4() + "/24 dev eth0\naddr add " + v6() +
          "/64 dev eth0 nodad\nroute add default via 10.88.1.1\nroute add default via fd88:1::1");
    }
  }

  [[nodiscard]] std::string device() const { return "h" + std::to_string(number_); }
  [[nodiscard]] std::string v4() const {
    return "10.88." + subnet() + "." + std::to_string(number_);
  }
  [[nodiscard]] std::string v6() const {
    return "fd88:" + subnet() + "::" + std::to_string(number_);
  }
  [[nodiscard]] const Netns& netns() const { return netns_; }

 private:
  [[nodiscard]] std::string subnet() const { return link_ == PodLink::routed ? "0" : "1"; }

  const Node& node_;
  int number_;
  PodLink link_;
  Netns netns_;
};

}  // namespace cgtally::harness
