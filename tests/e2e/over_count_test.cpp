// SPDX-License-Identifier: Apache-2.0
// More at our hook than the device carried, and less: said by every command that counts, with both
// figures, on real devices. Half of what comes to cgt0 is redirected there from another device.
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <regex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "e2e/private_run.h"
#include "harness/host/hooks.h"
#include "harness/traffic/frames.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

// Shares of what runs while it is read, once here and once at the device: near a half and the
// double.
const std::string kOver =
    "cgt0 rx: booked [0-9.]+ [kM]B in [0-9.]+ m?s, but the device says [0-9.]+ [kM]B: "
    "(1[89][0-9]|2[01][0-9]) %: a redirect or a mirror brings packets here that were not on "
    "its wire\n";
const std::string kBlind =
    "cgt0 tx: only (4[5-9]|5[0-5]) % of what the device counted came by here: nobody runs before "
    "ours, so "
    "it was sent past the queue";

class OverCountTest : public PrivateRunTest {
 protected:
  OverCountTest() {
    bringing_.attach_tcx(wire.host(), "cgt8", HookDirection::ingress);
    const int on = 1;
    require(setsockopt(bypass_.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == 0,
            "PACKET_QDISC_BYPASS");
  }
  // The host, which has a pair of devices now: what cgt9 sends comes to cgt8.
  static const Netns& with_pair(const Netns& host) {
    host.ip(
        "link add cgt8 type veth peer name cgt9\n"
        "link set cgt8 up\n"
        "link set cgt9 up\n");
    return host;
  }
  // As many by the wire as by the redirect; as many by the queue as past it.
  void send() const {
    for (int i = 0; i < 10; ++i) {
      remote_.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(1000)));
      other_.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(1000)));
      host_.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(1000)));
      past_.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(1000)));
    }
  }
  void expect_within_ten_seconds(const Running& program, const std::string& name) const {
    std::chrono::milliseconds waited{};  // a busy machine has as much longer as it is late with us
    const auto says = [&](const std::string& words) {
      return std::regex_search(program.said(), std::regex(words));
    };
    while (!says(kOver) || !says(kBlind)) {
      if (waited > 10s) break;
      send();
      std::this_thread::sleep_for(50ms);
      waited += 50ms;
    }
    EXPECT_TRUE(says(kOver)) << name << ": " << program.said();
    EXPECT_TRUE(says(kBlind)) << name << ": " << program.said();
  }

  ForeignProgram bringing_ = ForeignProgram::redirecting_to(wire.host().ifindex("cgt0"), "bringing",
                                                            HookDirection::ingress);
  sys::Fd bypass_ = wire.host().socket(AF_PACKET, SOCK_RAW);
  PacketSocket host_{wire.host(), "cgt0"};
  PacketSocket remote_{wire.remote(), "cgt1"};
  PacketSocket other_{with_pair(wire.host()), "cgt9"};
  PacketSocket past_{sys::Fd(dup(bypass_.get())), wire.host().ifindex("cgt0")};
};

class CountingWays : public PrivateRunTest {
 protected:
  CountingWays() {
    const std::string remote = wire.remote().name();
    wire.host().ip(
        "link set lo up\n"
        "link add cgt6 type veth peer name cgt7 netns " +
        remote +
        "\n"
        "link add cgt4 type veth peer name cgt5 netns " +
        remote +
        "\n"
        "link add br6 type bridge\n"
        "link set cgt6 master br6\n"
        "link add link cgt4 name mv4 type macvlan mode bridge\n"
        "link set cgt6 up\nlink set br6 up\nlink set cgt4 up\nlink set mv4 up\n"
        "addr add 10.77.6.1/24 dev br6\n"
        "addr add 10.77.4.1/24 dev mv4\n");
    wire.remote().ip(
        "link set cgt7 up\nlink set cgt5 up\n"
        "addr add 10.77.6.2/24 dev cgt7\n"
        "addr add 10.77.4.2/24 dev cgt5\n");
    const Inside guard(wire.host());
    run({"ethtool", "-K", "cgt6", "gro", "on"});
    run({"ethtool", "-K", "cgt4", "gro", "on"});
  }
};

// One after the other: another cgtally's programs would run before ours, and be named.
TEST_F(OverCountTest, IsSaidByEachCommandThatCounts) {
  for (const auto* name : {"live", "record", "bursts"}) {
    const Running program(command(name, {}));
    await_words(program, "ing cgt0");
    expect_within_ten_seconds(program, name);
  }
  const std::string state = "/tmp/" + wire.host().name() + "-state";
  const Running credits(
      command("credits", {"--baseline", "64Mbit", "--burst", "5Gbit", "--state-dir", state}));
  await_words(credits, "counting cgt0");
  expect_within_ten_seconds(credits, "credits");
  std::filesystem::remove_all(state);
}

// Super-packets over a veth that merges, a bridge and its port, a macvlan and its parent, and lo:
// each counts in its own way.
TEST_F(CountingWays, OfVirtualDevicesAreNoFault) {
  const sys::Fd listener = wire.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(listener, at("0.0.0.0", 7001));
  const sys::Fd local = wire.host().socket(AF_INET, SOCK_STREAM);
  listen_at(local, at("127.0.0.1", 7001));
  std::vector<std::pair<sys::Fd, sys::Fd>> connections;
  for (const auto* there : {kRemote4, "10.77.6.2", "10.77.4.2", "127.0.0.1"}) {
    sys::Fd client = wire.host().socket(AF_INET, SOCK_STREAM);
    connect_to(client, at(there, 7001));
    const bool here = std::string(there) == "127.0.0.1";
    connections.emplace_back(std::move(client), accept_from(here ? local : listener));
  }
  Running program(
      command("record", {"-i", "lo", "-i", "br6", "-i", "cgt6", "-i", "cgt4", "-i", "mv4"}));
  await_words(program, "counting ");
  const auto end_of_traffic = std::chrono::steady_clock::now() + 8s;
  while (std::chrono::steady_clock::now() < end_of_traffic) {
    for (const auto& [client, server] : connections) {
      transfer(client, server, 1'000'000);
      transfer(server, client, 300'000);
      converse(client, server, 20, 10, 10);
    }
    std::this_thread::sleep_for(50ms);
  }
  const Finished finished = end(program);
  EXPECT_EQ(finished.err.find("booked "), std::string::npos) << finished.err;
  EXPECT_EQ(finished.err.find("only "), std::string::npos) << finished.err;
  for (const auto* iface : {"lo", "cgt0", "br6", "cgt6", "cgt4", "mv4"}) {
    EXPECT_NE(finished.out.find("," + std::string(iface) + ","), std::string::npos) << iface;
  }
}

TEST_F(OverCountTest, IsSaidByTheKeeperAndByStatus) {
  const Bpffs bpffs;
  const auto keeper = start_keeper(on_ledger(
      CGTALLY_BINARY, bpffs, {"up", "--keep", "-i", "cgt0", "--netns", wire.host().name()}));
  expect_within_ten_seconds(*keeper, "the keeper");
  std::jthread traffic([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      send();
      std::this_thread::sleep_for(20ms);
    }
  });
  const std::regex shares(
      "  rx +[0-9.]+ [kM]B +[0-9.]+ [kM]B +(1[89]|2[01])[0-9] % +(1[89]|2[01])[0-9] % ");
  Finished status;
  for (int attempt = 0; attempt < 5 && !std::regex_search(status.out, shares); ++attempt) {
    status = finish(on_ledger(CGTALLY_BINARY, bpffs, {"status"}));
  }
  EXPECT_EQ(status.exit_code, 0) << status.err;
  EXPECT_TRUE(std::regex_search(status.out, std::regex("  OVER " + kOver))) << status.out;
  EXPECT_TRUE(std::regex_search(status.out, std::regex("  BLIND " + kBlind))) << status.out;
  EXPECT_TRUE(std::regex_search(status.out, shares)) << status.out;
}

}  // namespace
}  // namespace cgtally::harness
