// SPDX-License-Identifier: Apache-2.0
// The rows of `credits` on a disk that fills: they wait, and are written when there is room; if
// there never is, the exit code and the last words say how many are missing.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <sstream>
#include <thread>

#include "adapters/csv/rfc4180.h"
#include "e2e/scene.h"
#include "harness/host/lateness.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

const std::vector<std::string> kCredits{"credits",   "-i",         "cgt0",           "--interval",
                                        "100ms",     "--baseline", "80kbit",         "--burst",
                                        "5Gbit",     "--bucket",   "10GB",           "--state-dir",
                                        "DIR/state", "--csv",      "DIR/samples.csv"};
const std::string kNoRoom =
    "cgtally: write to DIR/samples.csv: No space left on device: credits are kept until there is "
    "room";

// Boot times of the rows of a direction.
std::vector<std::uint64_t> moments(const std::string& csv, const std::string& direction) {
  std::istringstream text(csv);
  csv::RecordReader reader(text);
  std::vector<std::uint64_t> all;
  while (reader.next().value_or(false)) {
    const auto& fields = reader.fields();
    if (fields.at(3) == direction) all.push_back(std::stoull(fields.at(1)));
  }
  return all;
}

class CreditsDiskTest : public testing::Test {
 protected:
  // Until rows have found no room for a while.
  void start_and_fill() {
    move_to(scene.netns());
    own_mounts();
    cover(scene.directory(), "size=16k");
    std::filesystem::create_directory(scene.directory() + "/state");
    cover(scene.directory() + "/state");
    scene.start(kCredits);
    scene.await_rows(2, ",tx,");
    scene.fill_disk();
    scene.await_words("No space left on device");
    std::this_thread::sleep_for(kWithoutRoom);
  }
  void end(int exit_code, const std::vector<std::string>& lines) {
    scene.signal(SIGINT);
    const Finished finished = scene.wait();
    data = scene.data(finished, true);
    EXPECT_EQ(finished.exit_code, exit_code);
    for (const std::string& line : lines) {
      EXPECT_TRUE(has_line_like(finished.err, scene.filled_in(line))) << finished.err;
    }
    const auto said = finished.err.find("are kept until");
    EXPECT_EQ(finished.err.find("are kept until", said + 1), std::string::npos) << "said twice";
    EXPECT_TRUE(data.ends_with('\n')) << "a torn line: " << data;
  }

  static constexpr Nanoseconds kWithoutRoom = 1000ms;
  Scene scene;
  const Lateness lateness;
  std::string data;
};

TEST_F(CreditsDiskTest, RowsThatFoundNoRoomAreWrittenWhenThereIsSome) {
  in_own_thread([&] {
    start_and_fill();
    scene.free_disk();
    scene.await_words("works again");
    scene.await_rows(2, ",tx,");
    end(0, {kNoRoom, "cgtally: writing DIR/samples.csv works again"});
  });
  const auto tx = moments(data, "tx");
  EXPECT_EQ(tx, moments(data, "rx"));
  EXPECT_GE(tx.size(), 10U);
  const auto most = static_cast<std::uint64_t>((kWithoutRoom / 2 + lateness.allowed()).count());
  for (std::size_t i = 1; i < tx.size(); ++i) {
    EXPECT_GT(tx[i], tx[i - 1]);
    EXPECT_LT(tx[i] - tx[i - 1], most) << "rows are missing before row " << i;
  }
}

TEST_F(CreditsDiskTest, RowsThatNeverFoundRoomAreCountedAndItHasFailed) {
  in_own_thread([&] {
    start_and_fill();
    end(1, {kNoRoom,
            "cgtally: * rows of credits are missing in DIR/samples.csv: write to "
            "DIR/samples.csv: No space left on device",
            "  make room before the next run"});
  });
  EXPECT_EQ(moments(data, "tx"), moments(data, "rx"));
}

}  // namespace
}  // namespace cgtally::harness
