// SPDX-License-Identifier: Apache-2.0
// A pinned ledger counts on whatever happens to the processes around it, and is exact: under
// running traffic keepers and readers are killed, at random and at each step that others can see,
// the ledger is taken down and up again, and other builds take it over. The wire's counters are the
// truth. Only some of the moments at which a start can be killed are tried: all would take minutes.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "adapters/bpf/ledger/ledger_view.h"
#include "e2e/ledger/ledger_scene.h"
#include "harness/host/hooks.h"
#include "harness/ledger/doomed.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

TEST_P(LedgerTest, TotalsAreExactWhenKeepersAndReadersAreKilledAtRandom) {
  on_kernel([&] {
    auto keeper = start_keeper(up());
    MonotonyWatch watch(bpffs);
    stream.run();
    std::mt19937 random(GetParam() == HookChoice::clsact ? 1 : 2);
    std::uniform_int_distribution<int> moment(0, 250);
    for (int round = 0; round < 22; ++round) {
      const Running reader(record());
      keeper = std::make_unique<Running>(up());  // kills the one before
      std::this_thread::sleep_for(std::chrono::milliseconds(moment(random)));
    }  // kills the reader
    keeper.reset();
    keeper = start_keeper(up());
    stream.pause();
    expect_exact();
    EXPECT_GT(watch.stop(), 100U);
  });
}

TEST_P(LedgerTest, AKeeperKilledAtAnyStepOfItsStartCountsNothingTwice) {
  on_kernel([&] {
    start_keeper(up()).reset();
    stream.run();
    int moment = 1;
    while (killed_at(up(), moment)) moment += 7;
    EXPECT_GT(moment, 10);
    const auto keeper = start_keeper(up());
    stream.pause();
    expect_exact();
  });
}

TEST_P(LedgerTest, AFirstKeeperKilledAtAnyStepLeavesNothingThatDownDoesNotFind) {
  on_kernel([&] {
    int moment = 1;
    for (; killed_at(up(), moment); moment += 12) {
      const auto finished = finish(down({"--forget"}));
      ASSERT_EQ(finished.exit_code, 0) << moment << ": " << finished.err;
      expect_nothing_left();
      if (HasFailure()) {
        ADD_FAILURE() << "killed at moment " << moment;
        return;
      }
    }
    EXPECT_GT(moment, 40);
  });
}

TEST_P(LedgerTest, AFirstKeeperKilledAtAnyStepIsSucceededByOneThatCountsOnce) {
  on_kernel([&] {
    int moment = 3;
    for (; killed_at(up(), moment); moment += 19) {
      const auto keeper = start_keeper(up());
      EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U) << moment;
      const auto counted_before = booked(bpffs);
      const auto truth_before = settled_truth();
      stream.once();
      const auto truth = difference(truth_before, settled_truth());
      EXPECT_EQ(difference(counted_before, booked(bpffs)), truth) << moment;
      ASSERT_EQ(finish(down({"--forget"})).exit_code, 0);
    }
    EXPECT_GT(moment, 40);
  });
}

TEST_P(LedgerTest, WindowsGoOnFromKeeperToKeeperAndEqualTheLedger) {
  on_kernel([&] {
    auto keeper = start_keeper(up());
    stream.run();
    for (int round = 0; round < 5; ++round) {
      std::this_thread::sleep_for(120ms);
      keeper.reset();
      keeper = start_keeper(up());
    }
    stream.pause();
    expect_exact();
    auto view = bpf::LedgerView::open(bpffs.path());
    ASSERT_TRUE(view) << view.error().what;
    const auto windows = view->windows(view->interfaces().front().key);
    ASSERT_TRUE(windows) << windows.error().what;
    const Traffic books = booked(bpffs);
    const auto rx = windows->totals(Direction::rx);
    const auto tx = windows->totals(Direction::tx);
    ASSERT_TRUE(rx && tx);
    EXPECT_EQ((Traffic{rx->bytes, rx->packets, tx->bytes, tx->packets}), books);
  });
}

TEST_P(LedgerTest, DownKeepsTheTotalsAndUpGoesOnWithThem) {
  on_kernel([&] {
    for (int round = 0; round < 3; ++round) {
      const auto keeper = start_keeper(up());
      stream.run();
      std::this_thread::sleep_for(150ms);
      stream.pause();
      expect_exact();
      const auto kept = booked(bpffs);
      const auto at_down = settled_truth();
      ASSERT_EQ(finish(down()).exit_code, 0);
      EXPECT_EQ(attached_cgtally(wire.host()), Words{});
      stream.once();  // not counted, and not owed
      base = sum(base, difference(at_down, settled_truth()));
      EXPECT_EQ(booked(bpffs), kept);
    }
    ASSERT_EQ(finish(down({"--forget"})).exit_code, 0);
    expect_nothing_left();
  });
}

TEST_P(LedgerTest, AReaderUnderTrafficSeesEachPacketOnceThoughAnotherBuildTakesOver) {
  on_kernel([&] {
    const auto copy = std::filesystem::temp_directory_path() / (wire.host().name() + "-build");
    std::filesystem::copy_file(kOld, copy);
    auto keeper = start_keeper(up());
    const auto programs = attached_programs(wire.host());
    Running reader(record());
    await_words(reader, "(the pinned ledger)");
    stream.run();
    std::this_thread::sleep_for(150ms);
    keeper.reset();
    keeper = start_keeper(up(copy));
    std::this_thread::sleep_for(150ms);
    stream.pause();
    expect_exact();
    EXPECT_NE(attached_programs(wire.host()).front().id, programs.front().id);
    reader.signal(SIGINT);
    const auto finished = reader.wait();
    EXPECT_EQ(finished.exit_code, 0);
    EXPECT_EQ(sum_of_deltas(finished.out), booked(bpffs));
    std::filesystem::remove(copy);
  });
}

TEST_P(LedgerTest, TheNextAbiTakesTheTotalsOverUnderTraffic) {
  on_kernel([&] {
    Running old_keeper(up());
    await_words(old_keeper, "the keeper runs");
    Running old_reader(record());
    await_words(old_reader, "(the pinned ledger)");
    stream.run();
    std::this_thread::sleep_for(150ms);
    const auto refused = finish(up(kNext));
    EXPECT_EQ(refused.exit_code, 1);
    EXPECT_NE(refused.err.find("cgtally up --migrate"), std::string::npos) << refused.err;
    const auto keeper = start_keeper(up(kNext, {"--migrate"}));
    EXPECT_NE(keeper->said().find("carried over"), std::string::npos) << keeper->said();
    EXPECT_EQ(old_keeper.wait().exit_code, 0);
    std::this_thread::sleep_for(150ms);
    stream.pause();
    const auto totals = totals_as_read_by(kNext);
    EXPECT_EQ(totals, difference(base, settled_truth()));
    EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U);
    EXPECT_FALSE(std::filesystem::exists(ledger_below(bpffs.path())));
    await_words(old_reader, "a newer cgtally has moved the ledger");
    old_reader.signal(SIGINT);
    EXPECT_EQ(old_reader.wait().exit_code, 0);
  });
}

TEST_P(LedgerTest, AMigrationKilledAtAnyStepIsExactWhenItIsRunAgain) {
  on_kernel([&] {
    constexpr int kStride = 29;
    // Every attempt is one that was killed once and is run again; each moment needs its own.
    int moment = 1;
    for (bool killed = true; killed; moment += kStride) {
      base = settled_truth();
      start_keeper(up()).reset();
      stream.run();
      killed = killed_at(up(kNext, {"--migrate"}), moment);
      if (killed) (void)killed_at(up(kNext, {"--migrate"}), moment / 2 + 1);
      auto keeper = start_keeper(up(kNext, {"--migrate"}));
      stream.pause();
      const auto totals = totals_as_read_by(kNext);
      EXPECT_EQ(totals, difference(base, settled_truth())) << "killed at moment " << moment;
      EXPECT_EQ(attached_cgtally(wire.host()).size(), 2U) << moment;
      EXPECT_FALSE(std::filesystem::exists(ledger_below(bpffs.path())));
      const auto forgotten = finish(on_ledger(kNext, bpffs, {"down", "--forget"}));
      ASSERT_EQ(forgotten.exit_code, 0) << forgotten.err;
      expect_nothing_left();
      if (HasFailure()) return;
    }
    EXPECT_GT(moment, 40);
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, LedgerTest, testing::Values(HookChoice::newest, HookChoice::clsact),
                         hook_name);

}  // namespace
}  // namespace cgtally::harness
