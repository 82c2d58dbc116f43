// SPDX-License-Identifier: Apache-2.0
// Law 4: an observer only. Programs of other people see every packet and stay; ours go when the
// tally goes, and what a killed one left is removed by the next.
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using Programs = std::vector<std::string>;

class Observer : public WireTest, public ::testing::WithParamInterface<HookChoice> {
 protected:
  // Names of all programs at cgt0, in the order in which they run.
  [[nodiscard]] Programs programs() const {
    Programs names;
    for (const auto& program : attached_programs(wire_.host()))
      names.push_back(program.where + " " + program.name);
    return names;
  }
  [[nodiscard]] static std::uint64_t packets(const Settled& settled) {
    return settled.truth.rx_packets.value + settled.truth.tx_packets.value;
  }
  // Ten frames each way.
  void send_both_ways() const {
    const PacketSocket host(wire_.host(), "cgt0");
    const PacketSocket remote(wire_.remote(), "cgt1");
    for (int i = 0; i < 10; ++i) {
      host.send(ethernet(kHostMac, kRemoteMac, kExperimental, Frame(100)));
      remote.send(ethernet(kRemoteMac, kHostMac, kExperimental, Frame(100)));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(By, Observer, ::testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const auto& hook) {
                           return hook.param == HookChoice::newest ? "Tcx" : "Clsact";
                         });

TEST_P(Observer, TheHookIsTheOneThatTheKernelHas) {
  Counted counted(wire_.host_end(), GetParam());
  const bool tcx = GetParam() == HookChoice::newest;
  ASSERT_EQ(counted.tally().attachments().size(), 1u);
  EXPECT_EQ(counted.tally().attachments()[0].hook,
            tcx ? bpf::HookKind::tcx : bpf::HookKind::clsact);
  const std::string hook = tcx ? "tcx" : "filter";
  EXPECT_EQ(attached_cgtally(wire_.host()), (Programs{"cgt0 " + hook + " ingress: cgt_ingress",
                                                      "cgt0 " + hook + " egress: cgt_egress"}));
}

TEST_P(Observer, ProgramsOfOthersSeeEveryPacketAndStay) {
  ForeignProgram earlier(ForeignProgram::kNext, "earlier"), later(ForeignProgram::kNext, "later");
  ForeignProgram filter_before(ForeignProgram::kNext, "filter_before"),
      filter_after(ForeignProgram::kNext, "filter_after");
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    earlier.attach_tcx(wire_.host(), "cgt0", direction);
    filter_before.attach_filter(wire_.host(), "cgt0", direction, 1, 1);
  }
  {
    const Counted counted(wire_.host_end(), GetParam());
    for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
      later.attach_tcx(wire_.host(), "cgt0", direction);
      filter_after.attach_filter(wire_.host(), "cgt0", direction, 100, 1);
    }
    const auto base = std::array{earlier.packets(), later.packets(), filter_before.packets(),
                                 filter_after.packets()};
    send_both_ways();
    const auto settled = counted.settle();
    EXPECT_EQ(settled.books.sum(), settled.truth);
    EXPECT_EQ(earlier.packets() - base[0], packets(settled));
    EXPECT_EQ(later.packets() - base[1], packets(settled));
    EXPECT_EQ(filter_before.packets() - base[2], packets(settled));
    EXPECT_EQ(filter_after.packets() - base[3], packets(settled));
  }
  const auto ids = attached_programs(wire_.host());
  for (const auto* other : {&earlier, &later, &filter_before, &filter_after}) {
    EXPECT_EQ(std::ranges::count(ids, other->id(), &AttachedProgram::id), 2);
  }
}

TEST_P(Observer, AVerdictOfAnotherProgramHoldsAndItsPacketIsBooked) {
  ForeignProgram dropping(ForeignProgram::kDrop, "dropping");
  dropping.attach_filter(wire_.host(), "cgt0", HookDirection::ingress, 100, 1);
  const Cgroup cgroup("deaf");
  const auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
  bind_to(socket, host_at(Ip::v4, 5001));
  const Counted counted(wire_.host_end(), GetParam());
  const auto before = dropping.packets();  // it was attached first
  send_datagrams(wire_.remote().socket(AF_INET, SOCK_DGRAM), host_at(Ip::v4, 5001), 10, 100);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(cgroup), received(10, 142)) << settled.books;
  EXPECT_EQ(dropping.packets() - before, settled.truth.rx_packets.value);
  char byte = 0;
  EXPECT_EQ(recv(socket.get(), &byte, 1, MSG_DONTWAIT), -1);
}

TEST_F(Observer, AnEarlierProgramThatEndsTheTcxChainDoesNotBlindUs) {
  ForeignProgram ending(ForeignProgram::kPass, "ending");
  for (const auto direction : {HookDirection::ingress, HookDirection::egress})
    ending.attach_tcx(wire_.host(), "cgt0", direction);
  const Counted counted(wire_.host_end());
  send_both_ways();
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
  EXPECT_EQ(ending.packets(), packets(settled));
}

TEST_P(Observer, TheQdiscOfSomebodyElseStaysAndOursGoes) {
  const auto qdiscs = [&] {
    return inside(wire_.host(), [] { return run({"tc", "qdisc", "show", "dev", "cgt0"}); });
  };
  const auto without = qdiscs();
  {
    const Counted counted(wire_.host_end(), GetParam());
  }
  EXPECT_EQ(qdiscs(), without);
  inside(wire_.host(), [] { return run({"tc", "qdisc", "add", "dev", "cgt0", "clsact"}); });
  const auto with = qdiscs();
  {
    const Counted counted(wire_.host_end(), GetParam());
  }
  EXPECT_EQ(qdiscs(), with);
}

TEST_P(Observer, TwoTalliesOnOneDeviceBothCountEverything) {
  const Counted first(wire_.host_end(), GetParam());
  {
    const Counted second(wire_.host_end(), GetParam());
    send_both_ways();
    EXPECT_EQ(second.settle().books.sum(), second.settle().truth);
  }
  send_both_ways();
  const auto settled = first.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

// A process that attaches, says so, and waits to be killed.
class Victim {
 public:
  Victim(const Wire& wire, HookChoice hook) {
    int ready[2];
    require(pipe(ready) == 0, "pipe");
    child_ = fork();
    require(child_ >= 0, "fork");
    if (child_ == 0) {
      try {
        auto tally = make_tally(hook);
        (void)attach_to(tally, wire.host_end(), hook);
        (void)!write(ready[1], "x", 1);
        pause();
      } catch (const std::exception&) {
      }
      _exit(1);
    }
    close(ready[1]);
    char byte = 0;
    const bool attached = read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    require(attached, "the victim did not attach");
  }
  void kill_it() const {
    require(kill(child_, SIGKILL) == 0, "kill");
    EXPECT_EQ(wait_for(child_), 128 + SIGKILL);
  }

 private:
  pid_t child_ = -1;
};

TEST_P(Observer, WhatAKilledProcessLeftIsRemovedByTheNextAttach) {
  const Victim victim(wire_, GetParam());
  EXPECT_EQ(attached_cgtally(wire_.host()).size(), 2u);
  victim.kill_it();
  // A link goes with its process; a filter stays.
  EXPECT_EQ(attached_cgtally(wire_.host()).size(), GetParam() == HookChoice::clsact ? 2u : 0u);
  {
    const Counted counted(wire_.host_end(), GetParam());
    EXPECT_EQ(attached_cgtally(wire_.host()).size(), 2u);
    send_both_ways();
    const auto settled = counted.settle();
    EXPECT_EQ(settled.books.sum(), settled.truth);
  }
  EXPECT_EQ(attached_cgtally(wire_.host()), Programs{});
}

TEST_F(Observer, AFilterThatOnlyLooksLikeOursIsNotRemoved) {
  const Victim victim(wire_, HookChoice::clsact);
  victim.kill_it();
  ForeignProgram other(ForeignProgram::kNext, "cgt_lookalike");
  other.attach_filter(wire_.host(), "cgt0", HookDirection::ingress, 50, 1);
  {
    const Counted counted(wire_.host_end(), HookChoice::clsact);
  }
  EXPECT_EQ(programs(), (Programs{"cgt0 filter ingress cgt_lookalike"}));
  inside(wire_.host(), [] { return run({"tc", "qdisc", "del", "dev", "cgt0", "clsact"}); });
}

TEST_F(Observer, FiltersOfALivingProcessAreNotRemoved) {
  const Victim living(wire_, HookChoice::clsact);
  {
    const Counted counted(wire_.host_end(), HookChoice::clsact);
    EXPECT_EQ(attached_cgtally(wire_.host()).size(), 4u);
  }
  EXPECT_EQ(attached_cgtally(wire_.host()).size(), 2u);
  living.kill_it();
  {
    const Counted counted(wire_.host_end(), HookChoice::clsact);
  }
  EXPECT_EQ(attached_cgtally(wire_.host()), Programs{});
}

}  // namespace
}  // namespace cgtally::harness
