// SPDX-License-Identifier: Apache-2.0
// `cgtally credits` from start to end: what a restart keeps, what a broken file costs, and how a
// script hears that the credits end.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "adapters/csv/rfc4180.h"
#include "adapters/csv/samples.h"
#include "e2e/scene.h"
#include "harness/host/metadata_service.h"
#include "harness/ledger/pinned.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

class CreditsTest : public testing::Test {
 protected:
  CreditsTest() { std::filesystem::create_directories(directory); }
  ~CreditsTest() override { std::filesystem::remove_all(directory); }

  // 10 kB/s with a bucket that the stream empties, but not within the test.
  [[nodiscard]] Words credits(const Words& more, const std::string& interval = "200ms") const {
    Words words{"credits",     "-i",       "cgt0",       "--netns",    wire.host().name(),
                "--state-dir", directory,  "--baseline", "80kbit",     "--burst",
                "5Gbit",       "--bucket", "10GB",       "--interval", interval};
    words.insert(words.end(), more.begin(), more.end());
    return on_ledger(CGTALLY_BINARY, bpffs, words);
  }
  [[nodiscard]] std::string state_file() const { return directory + "/credits.state"; }
  void write_state(const std::string& text) const { std::ofstream(state_file()) << text; }
  [[nodiscard]] static std::vector<std::vector<std::string>> rows(const std::string& csv) {
    std::istringstream in(csv);
    csv::RecordReader reader(in);
    std::vector<std::vector<std::string>> all;
    while (reader.next().value_or(false)) all.push_back(reader.fields());
    if (!all.empty()) all.erase(all.begin());
    return all;
  }
  // Of a type, with what the test adds.
  [[nodiscard]] std::string baseline_of(const Words& type) const {
    Words words{"credits",    "-i",    "cgt0",   "--state-dir", directory,
                "--interval", "200ms", "--once", "--csv",       "-"};
    words.insert(words.end(), type.begin(), type.end());
    const auto run = finish(on_ledger(CGTALLY_BINARY, bpffs, words));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto all = rows(run.out);
    return all.empty() ? run.err : all[0][kBaseline];
  }
  static constexpr std::size_t kState = 4, kBaseline = 6, kLow = 10, kHigh = 11;

  Wire wire;
  Bpffs bpffs;
  Stream stream{wire};
  std::string directory = "/tmp/cgt-state-" + std::to_string(getpid());
};

TEST_F(CreditsTest, ARestartGoesOnWhereTheCreditsWere) {
  const auto keeper = start_keeper(
      on_ledger(CGTALLY_BINARY, bpffs,
                {"up", "--keep", "-i", "cgt0", "--netns", wire.host().name(), "--slots", "64"}));
  stream.run();
  auto first = finish(credits({"--start", "full", "--duration", "1s", "--csv", "-"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  std::this_thread::sleep_for(700ms);  // unwatched, the bucket goes on draining
  stream.pause();
  auto second = finish(credits({"--duration", "400ms", "--csv", "-"}));
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.err.find("the credits go on as remembered"), std::string::npos) << second.err;
  EXPECT_NE(second.err.find("by the ledger, which counted on"), std::string::npos) << second.err;
  const auto before = rows(first.out);
  const auto after = rows(second.out);
  ASSERT_FALSE(before.empty());
  ASSERT_FALSE(after.empty());
  EXPECT_LT(std::stoull(after[0][kHigh]), std::stoull(before[before.size() - 2][kLow]))
      << "what went out meanwhile is charged";
}

// The device counts a super-packet as one, without the headers of its frames: it would charge less
// than went out, and an interval that is too high would not have the truth in it.
TEST_F(CreditsTest, AVethsOwnCountersChargeNothingForATimeThatNobodyCounted) {
  const Words first_run =
      credits({"--private", "--start", "full", "--duration", "1s", "--csv", "-"});
  stream.run();
  const auto first = finish(first_run);
  ASSERT_EQ(first.exit_code, 0) << first.err;
  std::this_thread::sleep_for(700ms);
  stream.pause();
  const auto second = finish(credits({"--private", "--duration", "400ms", "--csv", "-"}));
  ASSERT_EQ(second.exit_code, 0) << second.err;
  EXPECT_NE(second.err.find("is not known, as nobody counted: at worst the burst"),
            std::string::npos)
      << second.err;
  const auto before = rows(first.out);
  const auto after = rows(second.out);
  ASSERT_GE(before.size(), 2U);
  ASSERT_FALSE(after.empty());
  const auto& last = before[before.size() - 2];
  constexpr std::uint64_t kBurstOf700ms = 437'500'000;
  EXPECT_LE(std::stoull(after[0][kLow]) + kBurstOf700ms, std::stoull(last[kLow]));
  EXPECT_GE(std::stoull(after[0][kHigh]), std::stoull(last[kHigh])) << "perhaps nothing went out";
}

TEST_F(CreditsTest, AStateThatIsCorruptIsKeptAsideAndTheBalanceIsNotKnown) {
  write_state("cgtally-credits 1\ninstance x\n");
  const auto run = finish(credits({"--once", "--csv", "-"}));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_TRUE(has_line_like(
      run.err, "cgtally: * is of no use (line 2: cut off: the line \"end\" is missing): kept as *"))
      << run.err;
  EXPECT_TRUE(std::filesystem::exists(state_file() + ".corrupt"));
  ASSERT_EQ(rows(run.out).size(), 2U);
  EXPECT_EQ(rows(run.out)[0][kState], "unknown");
  const auto next = finish(credits({"--once", "--csv", "-"}));
  EXPECT_EQ(next.err.find("of no use"), std::string::npos) << "a new one was written";
}

TEST_F(CreditsTest, AStateDirectoryThatCannotBeWrittenIsSaidOnceAndTheEstimateGoesOn) {
  write_state("");
  Words words = credits({"--duration", "1s", "--csv", "-"});
  std::replace(words.begin(), words.end(), directory, state_file());  // a file, no directory
  const auto run = finish(words);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const auto at = run.err.find("the state of the credits cannot be kept");
  ASSERT_NE(at, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("cannot be kept", at + 40), std::string::npos) << run.err;
  EXPECT_GE(rows(run.out).size(), 4U);  // of each direction more than one
}

TEST_F(CreditsTest, AScriptHearsByTheExitCodeThatTheCreditsEnd) {
  stream.run();
  const auto ends = finish(credits({"--start", "full", "--once", "--warn", "1h"}, "3s"));
  EXPECT_EQ(ends.exit_code, 4) << ends.out << ends.err;
  EXPECT_NE(ends.err.find("WARN tx will be empty within"), std::string::npos) << ends.err;
  stream.pause();
  std::filesystem::remove_all(directory);
  const auto calm = finish(credits({"--start", "full", "--once"}));
  EXPECT_EQ(calm.exit_code, 0) << calm.out << calm.err;
  EXPECT_NE(calm.out.find("FULL"), std::string::npos) << calm.out;
}

TEST_F(CreditsTest, ARecordingSaysWhatIsLeftAtItsEnd) {
  const std::string recording = directory + "/samples.csv";
  stream.run();
  run(on_ledger(CGTALLY_BINARY, bpffs,
                {"record", "-i", "cgt0", "--netns", wire.host().name(), "--interval", "200ms",
                 "--duration", "1s", "--csv", recording}));
  stream.pause();
  std::ifstream in(recording);
  std::uint64_t sent = 0;
  const auto samples = csv::read_samples(in);
  ASSERT_TRUE(samples) << samples.error().what;
  for (const Sample& sample : *samples) sent += sample.delta.tx_bytes.value;
  const auto after =
      finish(credits({"--start", "full", "--start-from", recording, "--once", "--csv", "-"}));
  ASSERT_EQ(after.exit_code, 0) << after.err;
  const auto tx = rows(after.out).at(0);
  constexpr std::uint64_t kBucket = 10'000'000'000, kEarned = 10'000 * 10;  // in ten seconds
  EXPECT_GT(sent, 2 * kEarned);
  EXPECT_LT(std::stoull(tx[kHigh]), kBucket - sent + kEarned) << "what it has is charged";
  EXPECT_LT(std::stoull(tx[kLow]), std::stoull(tx[kHigh])) << "nobody counted since its end";
}

TEST_F(CreditsTest, ARecordingThatCannotBeReadEndsIt) {
  const auto missing = finish(credits({"--start-from", directory + "/none.csv", "--once"}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.err, "cgtally: --start-from: " + directory +
                             "/none.csv: No such file or directory\n"
                             "  give a file of cgtally record, or what another monitor exports\n");
}

TEST_F(CreditsTest, AWeightingMovesAQuarterOfTheTypesBaseline) {
  const Inside host(wire.host());
  EXPECT_EQ(baseline_of({"--instance", "m8g.xlarge"}), "1875000000");
  EXPECT_EQ(baseline_of({"--instance", "m8g.xlarge", "--weighting", "default"}), "1875000000");
  EXPECT_EQ(baseline_of({"--instance", "m8g.xlarge", "--weighting", "vpc-1"}), "2343750000");
  EXPECT_EQ(baseline_of({"--instance", "m8g.xlarge", "--weighting", "ebs-1"}), "1406250000");
}

TEST_F(CreditsTest, TheMetadataServiceTellsTheTypeWhereItIsAsked) {
  wire.host().ip("link set lo up\naddress add 169.254.169.254/32 dev lo\n");
  const Inside host(wire.host());
  {
    const MetadataService service({.instance_type = "t4g.micro"}, "169.254.169.254", 80);
    EXPECT_EQ(baseline_of({"--imds"}), "64000000");
  }
  const auto refused = finish(credits({"--imds", "--once"}));
  EXPECT_EQ(refused.exit_code, 3) << "even where all figures are told: it was asked for";
  EXPECT_NE(refused.err.find("the metadata service: Connection refused"), std::string::npos)
      << refused.err;
}

TEST_F(CreditsTest, AReaderThatGoesAwayIsNoError) {
  Words words{"bash", "-c", "set -o pipefail; \"$@\" | head -n 2", "bash"};
  const Words program = credits({"--duration", "2s", "--csv", "-"});
  words.insert(words.end(), program.begin(), program.end());
  const auto run = finish(words);
  EXPECT_EQ(run.exit_code, 0) << run.err;
}

}  // namespace
}  // namespace cgtally::harness
