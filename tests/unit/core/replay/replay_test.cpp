// SPDX-License-Identifier: Apache-2.0
// Analysis of a recording: sums come from totals, and each reason to doubt them is reported.
#include "core/replay/replay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "adapters/csv/samples.h"
#include "core/base/text.h"
#include "core/replay/screen.h"
#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

class ReplayTest : public testing::Test {
 protected:
  // A row as a recorder writes it every second.
  static Sample row(std::int64_t at, const std::string& account, std::uint64_t total,
                    std::uint64_t delta, std::uint64_t id = 7) {
    return {.taken = second(at),
            .interval = 1s,
            .host = "host",
            .ledger = "first",
            .iface = "eth0",
            .cgroup_id = account.starts_with('(') ? 0 : id,
            .account = account,
            .container = "",
            .pod = "",
            .k8s_namespace = "",
            .state = SampleState::live,
            .totals = sent(total),
            .delta = sent(delta)};
  }
  Sample add(const Sample& sample) {
    auto result = replay_.add(sample, "x.csv: line " + std::to_string(++line_));
    EXPECT_TRUE(result) << result.error().what;
    return result.value_or(Sample{});
  }
  void add_kernel(std::int64_t at) { add(row(at, "(kernel)", 0, 0)); }
  ReplayReport finish() { return std::move(replay_).finish(); }

  static bool nothing_to_say(const ReplayReport& report) {
    return report.resets.count + report.gaps.count + report.long_intervals.count +
               report.no_kernel_row.count + report.ledgers.count + report.overlaps.count +
               report.disagreements.count ==
           0;
  }

  int line_ = 1;
  Replay replay_{[](const Sample&) { return true; }};
};

TEST_F(ReplayTest, SumsAndRatesARecordingWithNothingToSayAboutIt) {
  for (int at = 1; at <= 10; ++at) {
    const auto total = static_cast<std::uint64_t>(at) * 1'000'000;
    const Sample given = row(at, "/a", total, 1'000'000);
    EXPECT_EQ(csv::samples_row(add(given)), csv::samples_row(given));
    add_kernel(at);
  }
  const auto report = finish();
  EXPECT_TRUE(nothing_to_say(report));
  EXPECT_EQ(report.rows, 20U);
  EXPECT_EQ(report.intervals, 10U);
  EXPECT_EQ(report.typical_interval, 1s);
  EXPECT_EQ(report.first_wall, second(0).wall);
  EXPECT_EQ(report.last_wall, second(10).wall);
  ASSERT_EQ(report.interfaces.size(), 1U);
  EXPECT_EQ(report.interfaces[0].moved, sent(10'000'000));
  EXPECT_EQ(report.interfaces[0].named, sent(10'000'000));
  EXPECT_EQ(report.interfaces[0].recorded, 10s);
  EXPECT_EQ(report.interfaces[0].peaks.tx.rate, BitRate{8'000'000});
  ASSERT_EQ(report.accounts.size(), 2U);
  EXPECT_EQ(report.accounts[0].account, "/a");
  EXPECT_EQ(report.accounts[0].recorded, 10s);
}

TEST_F(ReplayTest, RanksAccountsByBytesOfBothDirections) {
  add(row(1, "/little", 1000, 1000, 1));
  add(row(1, "/much", 9000, 9000, 2));
  add_kernel(1);
  const auto report = finish();
  EXPECT_EQ(report.accounts[0].account, "/much");
  EXPECT_EQ(report.accounts[1].account, "/little");
  EXPECT_EQ(report.accounts[2].account, "(kernel)");
}

TEST_F(ReplayTest, UsesTheTotalsWhereTheIntervalColumnsContradictThem) {
  add(row(1, "/a", 1000, 1000));
  add_kernel(1);
  const Sample honest = add(row(2, "/a", 3000, 500'000));
  add_kernel(2);
  EXPECT_EQ(honest.delta, sent(2000));
  EXPECT_EQ(honest.interval, 1s);
  const auto report = finish();
  EXPECT_EQ(report.disagreements.count, 1U);
  EXPECT_EQ(report.disagreements.first, "x.csv: line 4, /a");
  EXPECT_EQ(report.interfaces[0].moved, sent(3000));
  EXPECT_EQ(report.gaps.count, 0U);
}

TEST_F(ReplayTest, NeverBelievesAFirstRowMoreThanItsTotals) {
  EXPECT_EQ(add(row(1, "/a", 1000, 9000)).delta, sent(1000));
  EXPECT_EQ(finish().disagreements.count, 1U);
}

TEST_F(ReplayTest, MeasuresTheTimeItselfWhereTheIntervalColumnIsWrong) {
  add(row(1, "/a", 1000, 1000));
  Sample wrong = row(2, "/a", 2000, 1000);
  wrong.interval = 1500ms;
  EXPECT_EQ(add(wrong).interval, 1s);
  EXPECT_EQ(finish().disagreements.count, 1U);
}

TEST_F(ReplayTest, SaysWhatIsNotRecordedAndAveragesOverAllOfIt) {
  add(row(1, "/a", 1000, 1000));
  add(row(1, "/b", 1000, 1000, 8));
  add_kernel(1);
  const Sample across = add(row(5, "/a", 9000, 1000));
  const Sample silent = add(row(5, "/b", 2000, 1000, 8));
  add_kernel(5);
  EXPECT_EQ(across.delta, sent(8000)) << "also what was moved in between";
  EXPECT_EQ(across.interval, 4s);
  EXPECT_EQ(silent.interval, 1s) << "its totals prove that it moved nothing in between";
  const auto report = finish();
  EXPECT_EQ(report.gaps.count, 1U);
  EXPECT_NE(report.gaps.first.find("for 3.00 s"), std::string::npos) << report.gaps.first;
  EXPECT_EQ(report.disagreements.count, 0U);
  EXPECT_EQ(report.interfaces[0].moved, sent(11'000));
  EXPECT_EQ(report.interfaces[0].recorded, 5s);
}

TEST_F(ReplayTest, PutsIntoTheGapWhatAnAccountMovedThereAlsoIfItIsSilentAfterwards) {
  add(row(1, "/a", 1000, 500));
  add_kernel(1);
  add_kernel(4);
  const Sample later = add(row(5, "/a", 9000, 1000));
  add_kernel(5);
  EXPECT_EQ(later.delta, sent(8000));
  EXPECT_EQ(later.interval, 4s) << "from where the gap begins";
  const auto report = finish();
  EXPECT_EQ(report.gaps.count, 1U);
  EXPECT_EQ(report.disagreements.count, 0U);
  EXPECT_EQ(report.interfaces[0].moved, sent(8500));
  EXPECT_EQ(report.interfaces[0].recorded, 5s);
  EXPECT_EQ(report.interfaces[0].peaks.tx.rate, BitRate{8000}) << "no interval carried the gap's";
}

TEST_F(ReplayTest, ExcusesNoWrongIntervalByAnEarlierGap) {
  add(row(1, "/a", 1000, 1000));
  add_kernel(4);
  Sample wrong = row(5, "/a", 2000, 1000);
  wrong.interval = 1500ms;
  EXPECT_EQ(add(wrong).interval, 1s);
  EXPECT_EQ(finish().disagreements.count, 1U);
}

TEST_F(ReplayTest, SaysThatAnIntervalIsLongerThanUsual) {
  for (const int at : {1, 2, 3, 4, 7, 8}) {
    Sample kernel = row(at, "(kernel)", 0, 0);
    kernel.interval = at == 7 ? 3s : 1s;
    add(kernel);
  }
  const auto report = finish();
  EXPECT_EQ(report.gaps.count, 0U);
  EXPECT_EQ(report.long_intervals.count, 1U);
  EXPECT_NE(report.long_intervals.first.find("3.00 s"), std::string::npos);
}

TEST_F(ReplayTest, SaysThatKernelRowsAreMissing) {
  add(row(1, "/a", 1000, 1000));
  add_kernel(1);
  add(row(2, "/a", 2000, 1000));
  add(row(3, "/a", 3000, 1000));
  add_kernel(3);
  EXPECT_EQ(finish().no_kernel_row.count, 1U);
}

TEST_F(ReplayTest, CountsAnAccountThatBeganAgainFromItsNewZero) {
  add(row(1, "/a", 317'669'466, 1000));
  Sample again = row(2, "/a", 692'608, 692'608);
  again.state = SampleState::reset;
  EXPECT_EQ(add(again).delta, sent(692'608));
  const Sample unsaid = add(row(3, "/a", 5000, 5000));
  EXPECT_EQ(unsaid.delta, sent(5000)) << "also where the state does not say it";
  const auto report = finish();
  EXPECT_EQ(report.resets.count, 2U);
  EXPECT_EQ(report.disagreements.count, 0U);
  EXPECT_EQ(report.accounts[0].moved, sent(1000 + 692'608 + 5000));
}

TEST_F(ReplayTest, SaysThatAnotherLedgerBeganAndComparesNothingAcrossIt) {
  add(row(1, "/a", 90'000, 1000));
  add_kernel(1);
  for (int at = 2; at <= 3; ++at) {
    Sample next = row(at, "/a", static_cast<std::uint64_t>(at) * 2000 - 2000, 2000);
    next.ledger = "second";
    next.state = at == 2 ? SampleState::reset : SampleState::live;
    add(next);
    next.account = "(kernel)";
    next.cgroup_id = 0;
    next.totals = next.delta = {};
    add(next);
  }
  const auto report = finish();
  EXPECT_EQ(report.ledgers.count, 1U);
  EXPECT_EQ(report.resets.count, 0U);
  EXPECT_EQ(report.overlaps.count, 0U);
  EXPECT_EQ(report.gaps.count, 0U);
  EXPECT_EQ(report.interfaces[0].moved, sent(5000));
  EXPECT_EQ(report.accounts[0].lives, 1U);
}

TEST_F(ReplayTest, SaysThatTwoLedgersCountedTheSameTraffic) {
  for (const char* ledger : {"first", "second"}) {
    for (int at = 1; at <= 3; ++at) {
      Sample sample = row(at, "(kernel)", 1000 * static_cast<std::uint64_t>(at), 1000);
      sample.ledger = ledger;
      add(sample);
    }
  }
  EXPECT_EQ(finish().overlaps.count, 1U);
}

TEST_F(ReplayTest, RefusesTimeThatRunsBackwards) {
  add(row(2, "/a", 1000, 1000));
  const auto refused = replay_.add(row(1, "/a", 1000, 1000), "x.csv: line 3");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("time runs backwards"), std::string::npos);
  EXPECT_FALSE(refused.error().hint.empty());
}

TEST_F(ReplayTest, AddsUpTheLivesOfOnePath) {
  for (std::uint64_t life = 1; life <= 50; ++life) {
    Sample sample = row(static_cast<std::int64_t>(life), "/job", 1000 * life, 1000 * life, life);
    sample.state = SampleState::exited;
    add(sample);
    add_kernel(static_cast<std::int64_t>(life));
  }
  const auto report = finish();
  EXPECT_EQ(report.accounts[0].lives, 50U);
  EXPECT_EQ(report.accounts[0].moved, sent(1000 * 50 * 51 / 2));
  EXPECT_EQ(report.accounts[0].peaks.tx.rate, BitRate{50'000 * 8});
  EXPECT_TRUE(nothing_to_say(report));
}

TEST_F(ReplayTest, CountsNoRetiring) {
  for (int at = 1; at <= 2; ++at) {
    Sample retired = row(at, "(retired)", static_cast<std::uint64_t>(at) * 5'000, 0);
    retired.state = SampleState::exited;
    add(retired);
    add_kernel(at);
  }
  const auto report = finish();
  EXPECT_TRUE(report.interfaces[0].moved.empty());
  EXPECT_TRUE(nothing_to_say(report));
}

TEST_F(ReplayTest, ShowsOnlyTheAccountsThatAreAskedForButSeesAllIntervals) {
  replay_ = Replay([](const Sample& one) { return one.account == "/a"; });
  add(row(1, "/a", 1000, 1000, 1));
  add(row(1, "/b", 9000, 9000, 2));
  add_kernel(1);
  add_kernel(2);
  const auto report = finish();
  ASSERT_EQ(report.accounts.size(), 1U);
  EXPECT_EQ(report.interfaces[0].moved, sent(1000));
  EXPECT_EQ(report.interfaces[0].recorded, 2s);
  EXPECT_TRUE(nothing_to_say(report));
}

TEST_F(ReplayTest, FitsEightyColumnsAndControlsNoTerminal) {
  const std::string path = "/kubepods.slice/kubepods-burstable.slice/kubepods-pod12345678.slice/";
  for (int i = 0; i < 30; ++i) {
    Sample sample = row(1, path + "cri-\x1b[2J" + std::to_string(i) + ".scope", 999'999'999'999'999,
                        999'999'999'999'999, static_cast<std::uint64_t>(i));
    sample.iface = i % 2 == 0 ? "enp0s31f6u1u2c2" : "eth0";
    sample.host = "a-host-of-a-rather-long-name.example.org";
    add(sample);
  }
  const std::string screen = replay_screen(finish(), 5);
  EXPECT_EQ(screen.find('\x1b'), std::string::npos);
  EXPECT_NE(screen.find("25 others"), std::string::npos) << screen;
  for (std::size_t begin = 0; begin < screen.size();) {
    const std::size_t end = screen.find('\n', begin);
    ASSERT_NE(end, std::string::npos);
    EXPECT_LE(display_width(screen.substr(begin, end - begin)), 80U)
        << screen.substr(begin, end - begin);
    begin = end + 1;
  }
}

// What a newcomer sees first: the recording that ships must be one that a recorder could have
// written.
TEST_F(ReplayTest, FindsTheShippedRecordingConsistent) {
  std::ifstream in(CGTALLY_SOURCE_DIR "/share/sample.csv");
  std::size_t exited = 0;
  const auto read = csv::for_each_sample(in, "sample.csv", [&](const Sample& sample, std::size_t) {
    exited += sample.state == SampleState::exited ? 1U : 0U;
    EXPECT_EQ(csv::samples_row(add(sample)), csv::samples_row(sample));
    return Result<void>{};
  });
  ASSERT_TRUE(read) << read.error().what;
  const auto report = finish();
  EXPECT_EQ(exited, 1U);
  EXPECT_EQ(report.resets.count, 1U);
  EXPECT_EQ(report.interfaces.size(), 2U);
  EXPECT_EQ(report.intervals, 16U);
  EXPECT_EQ(report.gaps.count + report.disagreements.count + report.no_kernel_row.count +
                report.long_intervals.count + report.ledgers.count + report.overlaps.count,
            0U);
}

}  // namespace
}  // namespace cgtally
