// SPDX-License-Identifier: Apache-2.0
// Others take away what we have attached, or interfaces come and go: the keeper attaches again
// soon, says how long nothing was counted, and leaves what is not ours as it is.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <sstream>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "adapters/netlink/device_counters.h"
#include "e2e/ledger/ledger_scene.h"
#include "e2e/scene.h"
#include "harness/host/hooks.h"
#include "harness/host/lateness.h"
#include "harness/host/old_kernel.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class LedgerHooksTest : public LedgerTest {
 protected:
  void tc(const std::string& words) const {
    Words argv{"tc"};
    std::istringstream text(words);
    for (std::string word; text >> word;) argv.push_back(word);
    const Inside guard(wire.host());
    run(argv);
  }
  // The keeper sees the loss, and from then on every packet is counted.
  void expect_reattached(const Running& keeper) {
    const auto begin = std::chrono::steady_clock::now();
    await_words(keeper, "attached again");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2500ms + lateness_.allowed());
    EXPECT_TRUE(
        has_line_like(keeper.said(),
                      "cgtally: cgt0: somebody took our program away; it is attached again, "
                      "and up to * were not counted"))
        << keeper.said();
    expect_counted_once();
  }
  [[nodiscard]] std::uint64_t dropped_behind_us() const {
    const int ifindex = wire.host().ifindex("cgt0");
    const Inside guard(wire.host());
    return netlink::device_counters(ifindex).value().tx_dropped.value;
  }
  // Law 3: booked = sent + dropped. A drop is a datagram of the stream, or one of its
  // super-packets: from packets and drops it follows how many of each, and so how many bytes.
  void expect_exact_but_for(std::uint64_t drops) const {
    const auto [booked, truth] = settle(bpffs, device, base);
    EXPECT_EQ(booked.rx_bytes, truth.rx_bytes);
    EXPECT_EQ(booked.rx_packets, truth.rx_packets);
    const auto lost = difference(truth, booked);
    const auto super_packets = (lost.tx_packets.value - drops) / (Stream::kFramesOfSuper - 1);
    ASSERT_LE(super_packets, drops) << lost.tx_packets.value << " packets are lost";
    const auto datagrams = drops - super_packets;
    EXPECT_EQ(lost.tx_packets.value, datagrams + super_packets * Stream::kFramesOfSuper);
    EXPECT_EQ(lost.tx_bytes.value,
              datagrams * Stream::kDatagram + super_packets * Stream::kBytesOfSuper);
  }
  // With the preference and the handle that it has, and nothing said about the one that was there.
  void replace_ours(HookDirection direction, const ForeignProgram& by) const {
    const std::string hook = direction == HookDirection::ingress ? "ingress" : "egress";
    const std::string pin = bpffs.path() + "/" + hook;
    run({"bpftool", "prog", "pin", "id", std::to_string(by.id()), pin});
    tc("filter replace dev cgt0 " + hook + " protocol all pref " + our_preference(hook) +
       " handle 0xc67a11 bpf da object-pinned " + pin);
    require(unlink(pin.c_str()) == 0, "unpin a foreign program");
  }
  void expect_status(const std::string& line) const {
    const auto status = finish(on_ledger(kOld, bpffs, {"status"}));
    EXPECT_EQ(status.exit_code, 0) << status.err;
    EXPECT_TRUE(has_line_like(status.out, line)) << line << "\nis not in\n" << status.out;
  }
  [[nodiscard]] std::string our_preference(const std::string& direction) const {
    const Inside guard(wire.host());
    std::istringstream lines(run({"tc", "filter", "show", "dev", "cgt0", direction}));
    for (std::string line; std::getline(lines, line);) {
      if (line.find("cgt_") == std::string::npos) continue;
      const auto at = line.find(" pref ") + 6;
      return line.substr(at, line.find(' ', at) - at);
    }
    return "";
  }

  const Lateness lateness_;
};

TEST_P(LedgerHooksTest, AClsactQdiscThatSomebodyDeletesDoesNotBlindUsForLong) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "tcx needs no qdisc";
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    stream.run();
    tc("qdisc del dev cgt0 clsact");
    stream.pause();
    expect_reattached(*keeper);
    ASSERT_EQ(finish(down()).exit_code, 0);
    expect_nothing_attached();
  });
}

// While a clsact qdisc comes or goes the kernel drops what a device sends, after the hook of tcx,
// and counts these drops since 6.11. (A clsact hook is not there at that moment.)
TEST_P(LedgerHooksTest, AClsactQdiscThatComesAndGoesCostsATcxLinkNothing) {
  if (GetParam() == HookChoice::clsact) GTEST_SKIP() << "there are no links";
  if (!kernel_is_at_least(6, 11)) GTEST_SKIP() << "nobody counts what the kernel drops";
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    const auto before = dropped_behind_us();
    stream.run();
    for (int round = 0; round < 20; ++round) {
      tc("qdisc add dev cgt0 clsact");
      tc("qdisc del dev cgt0 clsact");
    }
    std::this_thread::sleep_for(400ms);
    EXPECT_EQ(keeper->said().find("took our program away"), std::string::npos);
    stream.pause();
    expect_exact_but_for(dropped_behind_us() - before);
    EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U);
  });
}

TEST_P(LedgerHooksTest, AQdiscThatOthersMadeInPlaceOfOursStaysWhenWeGo) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "tcx needs no qdisc";
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    keeper->signal(SIGSTOP);
    tc("qdisc del dev cgt0 clsact");
    tc("qdisc add dev cgt0 clsact");
    keeper->signal(SIGCONT);
    expect_reattached(*keeper);
    ASSERT_EQ(finish(down()).exit_code, 0);
    EXPECT_EQ(attached_cgtally(wire.host()), Words{});
    const auto qdiscs = inside(wire.host(), [] { return run({"tc", "qdisc", "show"}); });
    EXPECT_NE(qdiscs.find("clsact"), std::string::npos) << qdiscs;
  });
}

TEST_P(LedgerHooksTest, AFilterThatIsDeletedOrReplacedHangsAgainBesideThoseOfOthers) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "a tcx link cannot be replaced by others";
  on_kernel([&] {
    ForeignProgram other(ForeignProgram::kNext, "somebody");
    other.attach_filter(wire.host(), "cgt0", HookDirection::ingress, 7, 1);
    {
      const auto keeper = start_keeper(up());
      tc("filter del dev cgt0 ingress pref " + our_preference("ingress"));
      expect_reattached(*keeper);
    }
    const auto keeper = start_keeper(up());
    const auto preference = our_preference("egress");
    tc("filter del dev cgt0 egress pref " + preference);
    ForeignProgram usurper(ForeignProgram::kNext, "usurper");
    // At our preference, and with our handle.
    usurper.attach_filter(wire.host(), "cgt0", HookDirection::egress,
                          static_cast<std::uint32_t>(std::stoul(preference)), 0xc67a11);
    expect_reattached(*keeper);
    const auto seen = other.packets();
    const auto seen_by_usurper = usurper.packets();
    stream.once();
    (void)settled_truth();
    EXPECT_GT(other.packets(), seen);
    EXPECT_GT(usurper.packets(), seen_by_usurper);
    ASSERT_EQ(finish(down()).exit_code, 0);
    Words left;
    for (const auto& program : attached_programs(wire.host())) left.push_back(program.name);
    EXPECT_EQ(left, (Words{"somebody", "usurper"}));
  });
}

// As `tc filter replace` does it: the filter stays where it is, and runs another program.
TEST_P(LedgerHooksTest, AFilterWhoseProgramSomebodyReplacesInPlaceIsLeftAndOursHangsBesideIt) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "a tcx link cannot be replaced by others";
  on_kernel([&] {
    const ForeignProgram usurper(ForeignProgram::kNext, "usurper");
    const ForeignProgram successor(ForeignProgram::kNext, "successor");
    auto keeper = start_keeper(up());
    replace_ours(HookDirection::egress, usurper);
    expect_reattached(*keeper);
    EXPECT_EQ(our_preference("egress"), "1") << "before the usurper, at the same preference";
    expect_status("cgt0  clsact filter, totals since *, hook lost once: at most * uncounted");
    keeper.reset();
    replace_ours(HookDirection::ingress, successor);  // while no keeper runs
    keeper = start_keeper(up());
    await_words(*keeper, "took our program away");
    expect_counted_once();
    expect_status("cgt0  clsact filter, *, hook lost 2 times: *");
    const auto seen = usurper.packets() + successor.packets();
    stream.once();
    (void)settled_truth();
    EXPECT_GT(usurper.packets() + successor.packets(), seen + 1);
    ASSERT_EQ(finish(down({"--forget"})).exit_code, 0);
    Words left;
    for (const auto& program : attached_programs(wire.host())) left.push_back(program.name);
    EXPECT_EQ(left, (Words{"ingress", "egress"})) << "so tc calls what it has from there";
    EXPECT_EQ(bpffs.entries(), Words{});
  });
}

// Where it ends the chain, as those of Cilium and others do, nothing comes by a later filter.
TEST_P(LedgerHooksTest, AFilterThatIsPutBeforeOursIsPassedAgainAndStatusSaysSo) {
  if (GetParam() == HookChoice::newest) GTEST_SKIP() << "tcx runs before each filter";
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    const ForeignProgram other(ForeignProgram::kPass, "other");
    other.attach_filter(wire.host(), "cgt0", HookDirection::egress, 1, 1);
    await_words(*keeper, "was put before ours");
    EXPECT_TRUE(has_line_like(keeper->said(),
                              "cgtally: cgt0: the tc filter other (pref 1) was put before ours; "
                              "ours is the first again, and in up to * what did not pass it was "
                              "not counted"))
        << keeper->said();
    expect_counted_once();
    expect_status(
        "cgt0  clsact filter, totals since *, displaced once: not the first for at most *");
    ASSERT_EQ(finish(down()).exit_code, 0);
    EXPECT_EQ(attached_cgtally(wire.host()), Words{});
    EXPECT_EQ(attached_programs(wire.host()).size(), 1U) << "the other one stays";
  });
}

TEST_P(LedgerHooksTest, ATcxLinkThatIsDetachedByForceIsAttachedAgain) {
  if (GetParam() == HookChoice::clsact) GTEST_SKIP() << "there are no links";
  on_kernel([&] {
    ForeignProgram other(ForeignProgram::kNext, "somebody");
    other.attach_tcx(wire.host(), "cgt0", HookDirection::ingress);
    const auto keeper = start_keeper(up());
    for (const char* pin : {"1-ingress", "1-egress"}) {
      run({"bpftool", "link", "detach", "pinned", ledger_below(bpffs.path()) + "/" + pin});
    }
    expect_reattached(*keeper);
    EXPECT_EQ(attached_programs(wire.host()).back().name, "cgt_egress");
    EXPECT_EQ(attached_programs(wire.host()).size(), 3U);
    const auto ledger = bpf::LedgerView::open(bpffs.path());
    ASSERT_TRUE(ledger);
    const auto records = bpf::interface_records(ledger->ledger());
    EXPECT_EQ(records.front().gaps, 1U);
    EXPECT_GT(records.front().gap, 0ns);
    EXPECT_LT(records.front().gap, 1s + lateness_.allowed());
  });
}

TEST_P(LedgerHooksTest, ALinkThatIsDetachedWhileNobodyKeepsTheLedgerIsAttachedByTheNextKeeper) {
  on_kernel([&] {
    start_keeper(up()).reset();
    if (GetParam() == HookChoice::newest) {
      run({"bpftool", "link", "detach", "pinned", ledger_below(bpffs.path()) + "/1-ingress"});
    } else {
      tc("filter del dev cgt0 ingress pref " + our_preference("ingress"));
    }
    const auto keeper = start_keeper(up());
    expect_counted_once();
  });
}

TEST_P(LedgerHooksTest, ANetnsThatGoesKeepsItsTotalsAndAnInterfaceOfThatNameElsewhereCountsOn) {
  on_kernel([&] {
    const auto make = [](const Netns& netns) {
      netns.ip("link add cgt0 type veth peer name cgt1\nlink set cgt0 up\nlink set cgt1 up\n");
    };
    const auto other = std::make_unique<Netns>("guest");
    make(*other);
    auto both = up(kOld, {"--netns", other->name()});
    const auto keeper = start_keeper(both);
    EXPECT_NE(keeper->said().find("cgt0@" + wire.host().name()), std::string::npos)
        << keeper->said();
    EXPECT_NE(keeper->said().find("cgt0@" + other->name()), std::string::npos);
    for (const std::string& netns : {wire.host().name(), other->name()}) {
      expect_status("cgt0@" + netns + "  *, totals since *");
    }
    Running reader(record());
    await_words(reader, "(the pinned ledger)");
    for (int i = 0; i < 9; ++i) {
      PacketSocket(*other, "cgt1")
          .send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
    }
    run({"ip", "netns", "del", other->name()});
    await_words(*keeper, "netns " + other->name() + " has gone: its totals stay");
    expect_counted_once();
    reader.signal(SIGINT);
    const auto finished = reader.wait();
    EXPECT_EQ(finished.exit_code, 0);
    std::uint64_t frames = 0;
    for (const auto& sample : samples_of(finished.out)) {
      if (sample.iface == "cgt0@" + other->name() && sample.account == "(not ip)") {
        frames += sample.delta.rx_packets.value;
      }
    }
    EXPECT_EQ(frames, 9U);
    forget_without_a_trace();
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, LedgerHooksTest,
                         testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
