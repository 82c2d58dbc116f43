// SPDX-License-Identifier: Apache-2.0
// A reader of the pinned ledger attaches nothing and sees the totals, beside any number of others,
// whatever happens to the ledger meanwhile.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include "e2e/ledger/ledger_scene.h"
#include "harness/host/hooks.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class LedgerReadersTest : public LedgerTest {
 protected:
  static Finished end(Running& reader) {
    reader.signal(SIGINT);
    auto finished = reader.wait();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    expect_each_total_is_the_one_before_and_the_delta(finished.out);
    return finished;
  }
  static void expect_each_total_is_the_one_before_and_the_delta(const std::string& csv) {
    std::map<std::tuple<std::string, std::string, std::string>, Traffic> before;
    for (const auto& sample : samples_of(csv)) {
      auto& totals = before[{sample.ledger, sample.iface, sample.account}];
      if (sample.state == SampleState::reset) totals = {};
      EXPECT_LE(sum(totals, sample.delta), sample.totals) << sample.account.str();
      if (totals != Traffic{}) {
        EXPECT_EQ(sum(totals, sample.delta), sample.totals) << sample.account.str();
      }
      totals = sample.totals;
    }
  }
  [[nodiscard]] Traffic carried_while(const std::function<void()>& body) const {
    const auto before = settled_truth();
    body();
    return difference(before, settled_truth());
  }
};

TEST_P(LedgerReadersTest, SeveralBesideEachOtherGiveTheSameTotals) {
  on_kernel([&] {
    const auto keeper = start_keeper(up());
    std::vector<std::unique_ptr<Running>> readers;
    for (int i = 0; i < 4; ++i) readers.push_back(std::make_unique<Running>(record()));
    for (const auto& reader : readers) await_words(*reader, "(the pinned ledger)");
    stream.run();
    std::this_thread::sleep_for(350ms);
    readers.pop_back();  // one is killed
    stream.pause();
    expect_exact();
    for (const auto& reader : readers) {
      const auto finished = end(*reader);
      EXPECT_EQ(sum_of_deltas(finished.out), booked(bpffs));
      EXPECT_EQ(last_totals(finished.out), booked(bpffs));
    }
  });
}

TEST_P(LedgerReadersTest, OneThatCountedForItselfBeforeUpSaysSoAndIsNotDisturbed) {
  on_kernel([&] {
    Running reader(
        on_ledger(kOld, bpffs,
                  {"record", "-i", "cgt0", "--netns", wire.host().name(), "--interval", "100ms"}));
    await_words(reader, "counting cgt0 (");
    stream.run();
    const auto keeper = start_keeper(up());
    await_words(reader, "a pinned ledger has come up: this run goes on with private programs");
    EXPECT_EQ(attached_cgtally(wire.host()).size(), 4U);
    stream.pause();
    ASSERT_EQ(finish(down({"--forget"})).exit_code, 0);
    stream.once();
    const auto finished = end(reader);
    EXPECT_EQ(sum_of_deltas(finished.out), difference(base, settled_truth()));
    expect_nothing_left();
  });
}

TEST_P(LedgerReadersTest, OneSaysWhatHappensToTheLedgerAndGoesOn) {
  on_kernel([&] {
    auto keeper = start_keeper(up());
    Running reader(record());
    await_words(reader, "(the pinned ledger)");
    const auto begin_again = [&](const Words& down_words, const std::string& then) {
      ASSERT_EQ(finish(down(down_words)).exit_code, 0);
      EXPECT_EQ(keeper->wait().exit_code, 0);
      await_words(reader, "the ledger was taken down: nothing is counted until it is up again");
      stream.once();  // not counted, and not shown
      (void)settled_truth();
      keeper = start_keeper(up());
      await_words(reader, then);
    };
    auto counted = carried_while([&] { stream.once(); });
    begin_again({}, "the ledger is up again: what passed in between was not counted");
    counted += carried_while([&] { stream.once(); });
    std::this_thread::sleep_for(150ms);  // what comes between the last look and the end is nobody's
    begin_again({"--forget"}, "a new ledger is up: its totals begin at zero");
    const auto in_new = carried_while([&] { stream.once(); });
    counted += in_new;
    EXPECT_EQ(booked(bpffs), in_new);
    const auto finished = end(reader);
    EXPECT_EQ(sum_of_deltas(finished.out), counted);
    const auto samples = samples_of(finished.out);
    std::set<std::string> ledgers;
    for (const auto& sample : samples) ledgers.insert(sample.ledger);
    EXPECT_EQ(ledgers.size(), 2U);
    EXPECT_TRUE(std::ranges::any_of(
        samples, [](const Sample& sample) { return sample.state == SampleState::reset; }));
    const auto said = std::ranges::count(finished.err, '\n');
    EXPECT_LT(said, 16) << finished.err;  // each of it once
  });
}

INSTANTIATE_TEST_SUITE_P(Hooks, LedgerReadersTest,
                         testing::Values(HookChoice::newest, HookChoice::clsact), hook_name);

}  // namespace
}  // namespace cgtally::harness
