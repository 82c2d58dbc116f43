// SPDX-License-Identifier: Apache-2.0
// The programs of an interface are replaced in place under traffic, as they are when nf_conntrack
// is loaded: no packet meets neither or both, and totals, windows and costs go on.
#include <chrono>
#include <thread>

#include "adapters/sys/host.h"
#include "harness/host/hooks.h"
#include "harness/ledger/pinned.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class ReloadTest : public WireTest, public testing::WithParamInterface<HookChoice> {};

TEST_P(ReloadTest, UnderTrafficLosesNothingAndWindowsGoOn) {
  Counted counted(wire_.host_end(), GetParam());
  auto& tally = counted.tally();
  const auto windows = bpf::Windows::map(tally.windows_fd(counted.key()).value(),
                                         sys::cpu_ids().value(), tally.window())
                           .value();
  tally.measure_cost(true);
  Stream stream(wire_);
  stream.run();
  std::this_thread::sleep_for(100ms);
  for (int round = 0; round < 20; ++round) {
    const auto before = tally.attachments().front();
    const auto runs = tally.cost().runs;
    const auto reloaded =
        inside(wire_.host(), [&] { return tally.reload(before.link.netns_id.inode); });
    ASSERT_TRUE(reloaded.has_value()) << reloaded.error().what;
    const auto after = tally.attachments().front();
    EXPECT_EQ(after.key, before.key);
    EXPECT_EQ(after.hook, before.hook);
    EXPECT_NE(after.program_ids, before.program_ids);
    EXPECT_GE(tally.cost().runs, runs);
    EXPECT_EQ(attached_cgtally(wire_.host()).size(), 2U) << "one program for each direction";
  }
  std::this_thread::sleep_for(100ms);
  stream.pause();
  const Settled settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth);
  EXPECT_GT(settled.truth.tx_packets.value, 1000U);
  const Traffic sum = settled.books.sum();
  EXPECT_EQ(windows.totals(Direction::rx).value().bytes, sum.rx_bytes);
  EXPECT_EQ(windows.totals(Direction::rx).value().packets, sum.rx_packets);
  EXPECT_EQ(windows.totals(Direction::tx).value().bytes, sum.tx_bytes);
  EXPECT_EQ(windows.totals(Direction::tx).value().packets, sum.tx_packets);
}

INSTANTIATE_TEST_SUITE_P(Hooks, ReloadTest, testing::Values(HookChoice::newest, HookChoice::clsact),
                         [](const testing::TestParamInfo<HookChoice>& hook) {
                           return hook.param == HookChoice::newest ? "Newest" : "Clsact";
                         });

}  // namespace
}  // namespace cgtally::harness
