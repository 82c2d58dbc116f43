// SPDX-License-Identifier: Apache-2.0
// IPsec in tunnel mode without a device of its own: the kernel hands the decrypted packet in once
// more, on the device that received the encrypted one. Only the latter was on the wire.
#include <chrono>
#include <string>
#include <thread>
#include <tuple>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kInsidePort = 9000;
constexpr int kEncrypted = 30;

class Ipsec : public WireTest {
 protected:
  void SetUp() override {
    WireTest::SetUp();
    if (!has_esp()) GTEST_SKIP() << "this kernel has no ESP (the VMs' kernels have)";
    connect(wire_.host(), "cgt0", "10.99.0.1", "10.99.0.2");
    connect(wire_.remote(), "cgt1", "10.99.0.2", "10.99.0.1");
  }

  [[nodiscard]] bool has_esp() const {
    try {
      states(wire_.host());
      states(wire_.remote());
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  // Authentication and encryption that do nothing: only the headers matter.
  static void states(const Netns& netns) {
    const Inside guard(netns);
    for (const auto& [source, destination, spi] :
         {std::tuple{kHost4, kRemote4, "0x101"}, std::tuple{kRemote4, kHost4, "0x102"}}) {
      run({"ip",        "xfrm",        "state", "add", "src",         source, "dst",
           destination, "proto",       "esp",   "spi", spi,           "mode", "tunnel",
           "auth",      "digest_null", "",      "enc", "cipher_null", ""});
    }
  }

  static void connect(const Netns& netns, const std::string& device, const std::string& own,
                      const std::string& peer) {
    const std::string here = own == "10.99.0.1" ? kHost4 : kRemote4;
    const std::string there = own == "10.99.0.1" ? kRemote4 : kHost4;
    netns.ip("addr add " + own + "/32 dev " + device + "\nroute add " + peer + " via " + there +
             " src " + own + "\n");
    const Inside guard(netns);
    run({"ip", "xfrm", "policy", "add", "src", own, "dst", peer, "dir", "out", "tmpl", "src", here,
         "dst", there, "proto", "esp", "mode", "tunnel"});
    run({"ip", "xfrm", "policy", "add", "src", peer, "dst", own, "dir", "in", "tmpl", "src", there,
         "dst", here, "proto", "esp", "mode", "tunnel"});
  }
};

TEST_F(Ipsec, InTunnelModeIsCountedOnceAsItWasOnTheWire) {
  const Cgroup sender_group("sender");
  const auto host = sender_group.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  const auto remote = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(host, at("10.99.0.1", kInsidePort));
  bind_to(remote, at("10.99.0.2", kInsidePort));
  const Counted counted(wire_.host_end());
  send_datagrams(host, at("10.99.0.2", kInsidePort), kEncrypted, 400);
  receive_datagrams(remote, kEncrypted);
  send_datagrams(remote, at("10.99.0.1", kInsidePort), kEncrypted, 400);
  receive_datagrams(host, kEncrypted);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.truth.rx_packets.value, kEncrypted);
  EXPECT_EQ(settled.books.of(AccountKind::tunnel).rx_packets.value, kEncrypted) << settled.books;
  EXPECT_EQ(settled.books.of(sender_group).tx_packets.value, kEncrypted) << settled.books;
}

// The server's socket is remembered for all senders before the host has a security association.
TEST_F(Ipsec, IsCountedOnceAlsoByAServerThatOthersReachWithoutIt) {
  constexpr int kPlain = 10;
  constexpr auto kTwoOfTheLongestJiffies = std::chrono::milliseconds(20);
  wire_.remote().ip("addr add 10.99.0.3/32 dev cgt1\n");
  wire_.host().ip("route add 10.99.0.3 via " + std::string(kRemote4) + "\n");
  {
    const Inside guard(wire_.host());
    run({"ip", "xfrm", "state", "flush"});
  }
  const auto host = wire_.host().socket(AF_INET, SOCK_DGRAM);
  const auto plain = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  const auto protected_one = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(host, at("10.99.0.1", kInsidePort));
  bind_to(plain, at("10.99.0.3", kInsidePort));
  bind_to(protected_one, at("10.99.0.2", kInsidePort));
  const Counted counted(wire_.host_end());
  send_datagrams(plain, at("10.99.0.1", kInsidePort), kPlain, 400);
  receive_datagrams(host, kPlain);
  {
    const Inside guard(wire_.remote());
    run({"ip", "xfrm", "state", "flush"});
  }
  states(wire_.host());
  states(wire_.remote());
  std::this_thread::sleep_for(kTwoOfTheLongestJiffies);
  send_datagrams(protected_one, at("10.99.0.1", kInsidePort), kEncrypted, 400);
  receive_datagrams(host, kEncrypted);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_EQ(settled.truth.rx_packets.value, kPlain + kEncrypted);
  EXPECT_EQ(settled.books.of(AccountKind::tunnel).rx_packets.value, kEncrypted) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
