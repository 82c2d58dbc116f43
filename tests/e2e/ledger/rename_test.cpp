// SPDX-License-Identifier: Apache-2.0
// An interface gets another name while it carries traffic: it is the same interface, its counting
// goes on, and from the next row on it is told under the new name.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "e2e/scene.h"
#include "harness/host/hooks.h"
#include "harness/host/lateness.h"
#include "harness/host/old_kernel.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class RenameTest : public LedgerTest {
 protected:
  // Before 6.2 a device must be down to be renamed, and loses its neighbour.
  void SetUp() override {
    if (!kernel_is_at_least(6, 2)) GTEST_SKIP() << "this kernel renames no device that is up";
  }
  void rename(const std::string& from, const std::string& to) const {
    wire.host().ip("link set " + from + " name " + to + "\n");
  }
  [[nodiscard]] std::vector<bpf::InterfaceRecord> records() const {
    return bpf::LedgerView::open(bpffs.path()).value().interfaces();
  }
  // What was sent a moment ago may be on its way.
  void expect_received(std::uint64_t packets) const {
    const auto come = [&] { return booked(bpffs).rx_packets.value == packets; };
    EXPECT_TRUE(comes_true_within(10s, come)) << booked(bpffs).rx_packets.value;
  }
  void expect_one_record(const std::string& name) const {
    const auto all = records();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.front().name, name);
    EXPECT_EQ(all.front().key, InterfaceKey{1});
    EXPECT_EQ(all.front().gaps, 0U);
  }
};

TEST_P(RenameTest, UnderTrafficLosesNothingForTheKeeperAndItsReaders) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    Running reader(on_ledger(kOld, bpffs, {"record", "--interval", "100ms", "-i", "cgt0"}));
    await_words(reader, "(the pinned ledger)");
    const auto base_of_reader = settled_truth();
    std::this_thread::sleep_for(200ms);
    stream.run();
    std::string name = "cgt0";
    for (const std::string next : {"wan0", "wan1", "wan2"}) {
      std::this_thread::sleep_for(250ms);
      rename(name, next);
      await_words(*keeper,
                  name + " is called " + next +
                      " now: its counting goes on under that name, which no --iface names");
      name = next;
    }
    std::this_thread::sleep_for(250ms);
    stream.pause();
    expect_exact();
    expect_one_record("wan2");
    EXPECT_EQ(keeper->said().find("has gone"), std::string::npos) << keeper->said();
    const Traffic carried = difference(base_of_reader, settled_truth());
    std::this_thread::sleep_for(200ms);
    reader.signal(SIGINT);
    const auto finished = reader.wait();
    const auto samples = samples_of(finished.out);
    EXPECT_EQ(sum_of_deltas(finished.out), carried);
    EXPECT_EQ(samples.front().iface, "cgt0");
    EXPECT_EQ(samples.back().iface, "wan2");
    EXPECT_TRUE(std::ranges::none_of(
        samples, [](const Sample& one) { return one.state != SampleState::live; }))
        << "nothing ended: " << finished.out;
    forget_without_a_trace();
  });
}

TEST_P(RenameTest, WhileNoKeeperRunsIsNoticedByTheNextOne) {
  on_kernel([&] {
    {
      const auto keeper = start_keeper(up());
      stream.run();
    }
    rename("cgt0", "wan0");
    std::this_thread::sleep_for(100ms);
    const auto keeper = start_keeper(
        on_ledger(kOld, bpffs, {"up", "--keep", "-i", "wan*", "--netns", wire.host().name()}));
    std::this_thread::sleep_for(100ms);
    stream.pause();
    expect_exact();
    expect_one_record("wan0");
    EXPECT_EQ(keeper->said().find("is not counted any more"), std::string::npos) << keeper->said();
    forget_without_a_trace();
  });
}

// Its programs went with the one that had the index before: this is another interface.
TEST_P(RenameTest, IsNotWhatMakesAnInterfaceThatHasTheIndexOfAnotherTheSame) {
  on_kernel([&] {
    const auto make = [&](const std::string& name) {
      wire.host().ip("link add " + name + " index 777 type veth peer name cgtZ\nlink set " + name +
                     " up\nlink set cgtZ up\n");
    };
    const auto frames = [&](int count) {
      const PacketSocket far(wire.host(), "cgtZ");
      for (int i = 0; i < count; ++i) {
        far.send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
      }
    };
    const Words up_all =
        on_ledger(kOld, bpffs, {"up", "--keep", "-i", "cgtA*", "--netns", wire.host().name()});
    make("cgtA1");
    {
      const auto keeper = start_keeper(up_all);
      frames(5);
    }
    wire.host().ip("link del cgtA1\n");
    make("cgtA2");
    const auto keeper = start_keeper(up_all);
    frames(11);
    EXPECT_NE(keeper->said().find("cgtA1 is not counted any more"), std::string::npos)
        << keeper->said();
    const auto all = records();
    const auto second = std::ranges::find(all, "cgtA2", &bpf::InterfaceRecord::name);
    ASSERT_NE(second, all.end());
    EXPECT_EQ(second->key, InterfaceKey{2});
    expect_received(16);
    auto view = bpf::LedgerView::open(bpffs.path());
    EXPECT_EQ(Books(view->read().accounts, second->key).of(AccountKind::not_ip).rx_packets.value,
              11U);
    wire.host().ip("link del cgtA2\n");
    await_words(*keeper, "cgtA2 has gone");
  });
}

// What takes the old name is another interface, and both are counted.
TEST_P(RenameTest, FreesTheOldNameForAnother) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    stream.run();
    rename("cgt0", "wan0");
    wire.host().ip("link add cgt0 type veth peer name cgtZ\nlink set cgt0 up\nlink set cgtZ up\n");
    await_words(*keeper, "cgt0 has come: counting it");
    stream.pause();
    const auto [booked_before, truth] = settle(bpffs, device, base);
    EXPECT_EQ(booked_before, truth);
    const PacketSocket far(wire.host(), "cgtZ");
    for (int i = 0; i < 7; ++i) {
      far.send(ethernet(kRemoteMac, kBroadcastMac, kExperimental, Frame(100)));
    }
    expect_received(truth.rx_packets.value + 7);
    wire.host().ip("link del cgt0\n");
    await_words(*keeper, "cgt0 has gone: its totals stay, and it is waited for");
  });
}

TEST_P(RenameTest, UnderTrafficLosesNothingInAPrivateRun) {
  on_kernel([&] {
    Running counting({kOld, "record", "--private", "--interval", "100ms", "-i", "cgt0", "--netns",
                      wire.host().name()});
    await_words(counting, "counting cgt0");
    const auto before = settled_truth();
    std::this_thread::sleep_for(200ms);
    stream.run();
    std::this_thread::sleep_for(250ms);
    rename("cgt0", "wan0");
    await_words(counting, "cgt0 is called wan0 now");
    std::this_thread::sleep_for(250ms);
    stream.pause();
    const Traffic carried = difference(before, settled_truth());
    std::this_thread::sleep_for(200ms);
    counting.signal(SIGINT);
    const auto finished = counting.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(sum_of_deltas(finished.out), carried);
    EXPECT_EQ(samples_of(finished.out).back().iface, "wan0");
    expect_nothing_attached();
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, RenameTest, testing::Values(HookChoice::newest, HookChoice::clsact),
                         hook_name);

}  // namespace
}  // namespace cgtally::harness
