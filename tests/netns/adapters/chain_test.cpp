// SPDX-License-Identifier: Apache-2.0
// Who runs before us on a device, and what the device itself has counted; on real chains of other
// people's programs. Needs root.
#include "adapters/bpf/hooks/hook_chain.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <gtest/gtest.h>
#include <linux/if_link.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "adapters/netlink/device_counters.h"
#include "harness/host/command.h"
#include "harness/host/hooks.h"
#include "harness/host/netns.h"
#include "harness/host/old_kernel.h"
#include "harness/traffic/frames.h"
#include "harness/traffic/wire_truth.h"

namespace cgtally::bpf {
namespace {

using harness::ForeignProgram;
using harness::inside;

bool has_tcx() { return harness::kernel_is_at_least(6, 6); }

class ChainTest : public testing::Test {
 protected:
  ChainTest() : netns_("chain") {
    netns_.sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    netns_.ip("link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up");
  }

  [[nodiscard]] int ifindex() const { return netns_.ifindex("v0"); }
  [[nodiscard]] std::vector<ChainedProgram> chain(HookDirection direction) const {
    auto found = inside(netns_, [&] { return chain_at(ifindex(), direction); });
    if (!found) throw std::runtime_error(found.error().what);
    return *std::move(found);
  }
  [[nodiscard]] std::vector<std::string> before_us(std::uint32_t own) const {
    auto found =
        inside(netns_, [&] { return programs_before(ifindex(), HookDirection::ingress, own); });
    if (!found) throw std::runtime_error(found.error().what);
    std::vector<std::string> names;
    for (const auto& program : *found) names.push_back(program.name);
    return names;
  }
  [[nodiscard]] bool is_attached(std::uint32_t own, HookDirection direction) const {
    return inside(netns_, [&] { return bpf::is_attached(ifindex(), direction, own); }).value();
  }
  void tc(const std::string& words) const {
    std::istringstream text(words);
    std::vector<std::string> argv = {"tc", "-n", netns_.name()};
    for (std::string word; text >> word;) argv.push_back(word);
    harness::run(argv);
  }

  harness::Netns netns_;
};

using Names = std::vector<std::string>;

// Lets everything pass.
class XdpPass {
 public:
  XdpPass() {
    const std::array<bpf_insn, 2> code{{{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_PASS},
                                        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    program_ = sys::Fd(
        bpf_prog_load(BPF_PROG_TYPE_XDP, "first", "GPL", code.data(), code.size(), nullptr));
    harness::require(static_cast<bool>(program_), "load an XDP program");
  }
  void attach(const harness::Netns& netns, int ifindex, std::uint32_t mode) const {
    const harness::Inside guard(netns);
    errno = -bpf_xdp_attach(ifindex, program_.get(), mode, nullptr);
    harness::require(errno == 0, "attach an XDP program");
  }

 private:
  sys::Fd program_;
};

TEST_F(ChainTest, AnInterfaceWithNothingOnItHasNobody) {
  EXPECT_TRUE(chain(HookDirection::ingress).empty());
  EXPECT_TRUE(chain(HookDirection::egress).empty());
  EXPECT_FALSE(is_attached(4711, HookDirection::ingress));
  EXPECT_FALSE(is_attached(0, HookDirection::ingress));
}

TEST_F(ChainTest, AFilterIsBehindThoseOfALowerPreference) {
  const ForeignProgram early(ForeignProgram::kNext, "early"), ours(ForeignProgram::kNext, "ours"),
      late(ForeignProgram::kNext, "late"), other_way(ForeignProgram::kNext, "other_way");
  late.attach_filter(netns_, "v0", HookDirection::ingress, 9, 1);
  ours.attach_filter(netns_, "v0", HookDirection::ingress, 5, 1);
  early.attach_filter(netns_, "v0", HookDirection::ingress, 2, 1);
  other_way.attach_filter(netns_, "v0", HookDirection::egress, 1, 1);
  EXPECT_EQ(before_us(ours.id()), Names{"early"});
  EXPECT_EQ(before_us(early.id()), Names{});
  EXPECT_EQ(before_us(late.id()), (Names{"early", "ours"}));
  EXPECT_TRUE(is_attached(ours.id(), HookDirection::ingress));
  EXPECT_FALSE(is_attached(ours.id(), HookDirection::egress));
  const auto all = chain(HookDirection::ingress);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(describe(all[0]),
            "the tc filter \"early\" (pref 2, id " + std::to_string(early.id()) + ")");
}

TEST_F(ChainTest, AFilterThatWasReplacedOrLostItsQdiscIsNotAttached) {
  const ForeignProgram ours(ForeignProgram::kNext, "ours"), theirs(ForeignProgram::kNext, "theirs");
  ours.attach_filter(netns_, "v0", HookDirection::ingress, 1, 1);
  tc("filter del dev v0 ingress pref 1");
  theirs.attach_filter(netns_, "v0", HookDirection::ingress, 1, 1);
  EXPECT_FALSE(is_attached(ours.id(), HookDirection::ingress));
  EXPECT_EQ(before_us(ours.id()), Names{"theirs"}) << "where ours is not, everybody is before it";
  ours.attach_filter(netns_, "v0", HookDirection::ingress, 2, 1);
  EXPECT_TRUE(is_attached(ours.id(), HookDirection::ingress));
  tc("qdisc del dev v0 clsact");
  EXPECT_FALSE(is_attached(ours.id(), HookDirection::ingress));
}

TEST_F(ChainTest, AllOfTcxIsBeforeAFilterAndTheHeadOfItBeforeTheTail) {
  if (!has_tcx()) {
    EXPECT_TRUE(chain(HookDirection::ingress).empty()) << "and the question does no harm";
    return;
  }
  ForeignProgram tail(ForeignProgram::kNext, "tail"), head(ForeignProgram::kNext, "head");
  const ForeignProgram filter(ForeignProgram::kNext, "filter");
  filter.attach_filter(netns_, "v0", HookDirection::ingress, 1, 1);
  tail.attach_tcx(netns_, "v0", HookDirection::ingress);
  head.attach_tcx(netns_, "v0", HookDirection::ingress, true);
  EXPECT_EQ(before_us(head.id()), Names{});
  EXPECT_EQ(before_us(tail.id()), Names{"head"});
  EXPECT_EQ(before_us(filter.id()), (Names{"head", "tail"}));
  EXPECT_TRUE(is_attached(tail.id(), HookDirection::ingress));
  EXPECT_EQ(describe(chain(HookDirection::ingress)[1]),
            "the tcx program \"tail\" (id " + std::to_string(tail.id()) + ")");
  EXPECT_TRUE(chain(HookDirection::egress).empty());
}

TEST_F(ChainTest, XdpIsBeforeEverybodyOnTheWayInOnly) {
  const ForeignProgram ours(ForeignProgram::kNext, "ours");
  ours.attach_filter(netns_, "v0", HookDirection::ingress, 1, 1);
  ours.attach_filter(netns_, "v0", HookDirection::egress, 1, 1);
  const XdpPass xdp;
  xdp.attach(netns_, ifindex(), XDP_FLAGS_SKB_MODE);
  EXPECT_EQ(before_us(ours.id()), Names{"first"});
  EXPECT_EQ(chain(HookDirection::egress).size(), 1U);
  const auto first = chain(HookDirection::ingress).front();
  EXPECT_EQ(describe(first),
            "the XDP program \"first\" (id " + std::to_string(first.program_id) + ")");
  EXPECT_FALSE(is_attached(first.program_id, HookDirection::ingress)) << "XDP is no hook of ours";
}

TEST_F(ChainTest, DeviceCountersTellTheModeOfXdp) {
  const XdpPass xdp;
  const auto modes = [&] {
    const auto counters = inside(netns_, [&] { return netlink::device_counters(ifindex()); });
    std::vector<netlink::XdpMode> all;
    for (const auto& program : counters.value().xdp) all.push_back(program.mode);
    return all;
  };
  EXPECT_TRUE(modes().empty());
  xdp.attach(netns_, ifindex(), XDP_FLAGS_DRV_MODE);
  EXPECT_EQ(modes(), std::vector{netlink::XdpMode::native});
}

TEST_F(ChainTest, DeviceCountersAreWhatWentInAndOut) {
  const auto read = [&] {
    return inside(netns_, [&] { return netlink::device_counters(ifindex()); }).value().carried;
  };
  netns_.ip("link set v0 arp off\nlink set v1 arp off");
  const auto base = read();
  const harness::PacketSocket here(netns_, "v0"), there(netns_, "v1");
  const auto frame = harness::ethernet(harness::kRemoteMac, harness::kHostMac,
                                       harness::kExperimental, harness::Frame(186));
  for (int i = 0; i < 7; ++i) here.send(frame);
  for (int i = 0; i < 3; ++i) there.send(frame);
  const auto step = cgtally::step(base, read());
  ASSERT_TRUE(std::holds_alternative<Advanced>(step));
  const Traffic by = std::get<Advanced>(step).by;
  EXPECT_EQ(by.tx_packets.value, 7U);
  EXPECT_EQ(by.tx_bytes.value, 7U * 200);
  EXPECT_EQ(by.rx_packets.value, 3U);
  EXPECT_EQ(by.rx_bytes.value, 3U * 200);
}

TEST_F(ChainTest, DeviceCountersOfSeveralAreInTheirOrderWithAnErrorForWhatHasGone) {
  netns_.ip("link set v0 arp off\nlink set v1 arp off");
  const std::array wanted{netns_.ifindex("v1"), 4711, ifindex(), 4712, netns_.ifindex("v1")};
  const auto read = [&] {
    return inside(netns_, [&] { return netlink::device_counters(wanted); });
  };
  const auto before = read();
  const harness::PacketSocket here(netns_, "v0");
  const auto frame = harness::ethernet(harness::kRemoteMac, harness::kHostMac,
                                       harness::kExperimental, harness::Frame(186));
  for (int i = 0; i < 7; ++i) here.send(frame);
  const auto after = read();
  ASSERT_EQ(after.size(), wanted.size());
  const auto moved = [&](std::size_t at) {
    return harness::difference(before[at].value().carried, after[at].value().carried);
  };
  EXPECT_EQ(moved(0).rx_packets.value, 7U);
  EXPECT_EQ(moved(0).tx_packets.value, 0U);
  EXPECT_EQ(moved(2).tx_packets.value, 7U);
  EXPECT_EQ(moved(2).rx_packets.value, 0U);
  EXPECT_EQ(moved(4), moved(0));
  for (const std::size_t gone : {1U, 3U}) {
    ASSERT_FALSE(after[gone]);
    EXPECT_EQ(after[gone].error().code, ENODEV) << after[gone].error().what;
  }
}

TEST_F(ChainTest, AnInterfaceThatHasGoneIsAnError) {
  const auto none = inside(netns_, [] { return netlink::device_counters(4711); });
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ENODEV) << none.error().what;
  EXPECT_FALSE(inside(netns_, [] { return chain_at(4711, HookDirection::ingress); }));
}

TEST(Describe, WhatIsNotAProgramIsNamedByItsKind) {
  using HookPoint = ChainedProgram::HookPoint;
  EXPECT_EQ(describe({HookPoint::filter, 0, 1, "flower"}), "the tc filter \"flower\" (pref 1)");
  EXPECT_EQ(describe({HookPoint::tcx, 12, 0, ""}), "the tcx program (id 12)");
}

}  // namespace
}  // namespace cgtally::bpf
