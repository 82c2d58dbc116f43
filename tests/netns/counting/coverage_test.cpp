// SPDX-License-Identifier: Apache-2.0
// Law 8: checked against the device. A program that ends the chain before ours blinds us, which is
// said with its name; so are packets that pass no hook, and packets at our hook that were on no
// wire. Nothing is said while everything comes by.
#include "core/health/coverage.h"

#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>

#include "adapters/bpf/hooks/hook_chain.h"
#include "adapters/netlink/device_counters.h"
#include "adapters/sys/clock.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

class CoverageOf : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  // Attaches before ours: ours goes to the head of tcx, or after the tc filters that are there.
  void blind(ForeignProgram& ending, HookDirection direction) const {
    if (GetParam() == HookChoice::clsact) return;
    ending.attach_tcx(wire_.host(), "cgt0", direction, true);
  }
  void blind_filters(const ForeignProgram& ending, HookDirection direction) const {
    if (GetParam() == HookChoice::newest) return;
    ending.attach_narrow_filter(wire_.host(), "cgt0", direction, "0x88b5");
  }
  void send_both_ways(int frames) const {
    const PacketSocket host(wire_.host(), "cgt0");
    const PacketSocket remote(wire_.remote(), "cgt1");
    for (int i = 0; i < frames; ++i) {
      host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(1000)));
      remote.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(1000)));
    }
  }
  // Past the queue, and so past the tc hook.
  void send_bypassing(int frames) const {
    sys::Fd socket = wire_.host().socket(AF_PACKET, SOCK_RAW);
    const int on = 1;
    ASSERT_EQ(setsockopt(socket.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)), 0);
    const PacketSocket host(std::move(socket), wire_.host().ifindex("cgt0"));
    for (int i = 0; i < frames; ++i) {
      host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(1000)));
    }
  }
  [[nodiscard]] CoverageReading read(const Counted& counted) const {
    const auto settled = counted.settle();
    const int ifindex = wire_.host().ifindex("cgt0");
    const auto device =
        inside(wire_.host(), [&] { return netlink::device_counters(ifindex).value(); });
    return {.boot = sys::now().boot, .device = device.carried, .counted = settled.books.sum()};
  }
  [[nodiscard]] std::string sentence(std::string_view direction, double share) const {
    const auto hook = direction == "rx" ? bpf::HookDirection::ingress : bpf::HookDirection::egress;
    const std::string name = direction == "rx" ? "cgt_ingress" : "cgt_egress";
    const int ifindex = wire_.host().ifindex("cgt0");
    const auto chain = inside(wire_.host(), [&] { return bpf::chain_at(ifindex, hook).value(); });
    const auto own = std::ranges::find(chain, name, &bpf::ChainedProgram::name);
    if (own == chain.end()) throw std::runtime_error("ours is not there");
    std::vector<std::string> before;
    for (const auto& program : bpf::before(chain, own->program_id)) {
      before.push_back(bpf::describe(program));
    }
    return blind_sentence("cgt0", direction, share, bpf::is_in(chain, own->program_id), before);
  }
};

INSTANTIATE_TEST_SUITE_P(By, CoverageOf, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(CoverageOf, ADeviceWhoseFramesAllComeByIsWhole) {
  const Counted counted(wire_.host_end(), GetParam());
  Coverage coverage;
  coverage.add(read(counted));
  send_both_ways(100);
  coverage.add(read(counted));
  EXPECT_EQ(coverage.share().rx, 1.0);
  EXPECT_EQ(coverage.share().tx, 1.0);
}

TEST_P(CoverageOf, AProgramThatEndsTheChainBeforeOursIsNamed) {
  ForeignProgram ending(ForeignProgram::kPass, "ending");
  blind_filters(ending, HookDirection::ingress);
  const Counted counted(wire_.host_end(), GetParam());
  blind(ending, HookDirection::ingress);
  Coverage coverage;
  coverage.add(read(counted));
  send_both_ways(100);
  coverage.add(read(counted));
  const CoverageShare share = coverage.share();
  EXPECT_EQ(share.tx, 1.0);
  ASSERT_TRUE(is_blind(share.rx));
  const std::string kind = GetParam() == HookChoice::newest ? "tcx program" : "tc filter";
  const std::string place = GetParam() == HookChoice::newest ? "(" : "(pref 1, ";
  EXPECT_EQ(sentence("rx", *share.rx),
            "cgt0 rx: only 0 % of what the device counted came by here: the " + kind +
                " \"ending\" " + place + "id " + std::to_string(ending.id()) +
                ") runs before ours");
}

TEST_P(CoverageOf, WhatIsSentPastTheQueueIsMissing) {
  const Counted counted(wire_.host_end(), GetParam());
  Coverage coverage;
  coverage.add(read(counted));
  send_both_ways(100);
  send_bypassing(100);
  coverage.add(read(counted));
  EXPECT_EQ(coverage.share().rx, 1.0);
  EXPECT_EQ(coverage.share().tx, 0.5);
  EXPECT_EQ(sentence("tx", 0.5),
            "cgt0 tx: only 50 % of what the device counted came by here: nobody runs before ours, "
            "so it was sent past the queue (PACKET_QDISC_BYPASS, AF_XDP, netpoll), or a redirect "
            "took it");
}

// Half of what comes to the hook came by another device.
TEST_P(CoverageOf, WhatARedirectBringsIsMoreThanTheDeviceSays) {
  wire_.host().ip(
      "link add cgt8 type veth peer name cgt9\n"
      "link set cgt8 up\n"
      "link set cgt9 up\n");
  auto bringing = ForeignProgram::redirecting_to(wire_.host().ifindex("cgt0"), "bringing",
                                                 HookDirection::ingress);
  bringing.attach_tcx(wire_.host(), "cgt8", HookDirection::ingress);
  const Counted counted(wire_.host_end(), GetParam());
  const auto now = [&] {
    const int ifindex = wire_.host().ifindex("cgt0");
    const auto device =
        inside(wire_.host(), [&] { return netlink::device_counters(ifindex).value(); });
    return CoverageReading{
        .boot = sys::now().boot, .device = device.carried, .counted = counted.books().sum()};
  };
  const CoverageReading first = now();
  send_both_ways(100);
  const PacketSocket other(wire_.host(), "cgt9");
  for (int i = 0; i < 100; ++i) {
    other.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(1000)));
  }
  CoverageReading last = now();
  for (int i = 0; i < 100 && last.counted.rx_packets.value < 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    last = now();
  }
  EXPECT_EQ(last.counted.rx_packets.value, 200U);
  EXPECT_EQ(last.device.rx_packets.value - first.device.rx_packets.value, 100U);
  const auto over = over_between(first, last);
  ASSERT_TRUE(over.rx);
  EXPECT_EQ(over.rx->counted.value, 200U * 1014);
  EXPECT_EQ(over.rx->device.value, last.device.rx_bytes.value - first.device.rx_bytes.value);
  EXPECT_FALSE(over.tx);
}

}  // namespace
}  // namespace cgtally::harness
