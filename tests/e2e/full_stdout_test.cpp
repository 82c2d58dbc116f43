// SPDX-License-Identifier: Apache-2.0
// A stdout that takes nothing, for the commands that count: the run ends, and says so.
#include <gtest/gtest.h>

#include "e2e/scene.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

TEST(FullStdout, EndsEachCommandThatCountsWithAFailure) {
  Scene scene;
  in_own_thread([&] {
    move_to(scene.netns());
    const std::string counted = " -i cgt0 --duration 300ms ";
    for (const std::string& command :
         {"live" + counted, "bursts --threshold 1Mbit" + counted, "record --json -" + counted}) {
      const Finished ended = finish({"sh", "-c", CGTALLY_BINARY " " + command + "> /dev/full"});
      EXPECT_EQ(ended.exit_code, 1) << command << "\n" << ended.err;
      EXPECT_NE(ended.err.find("write to stdout: No space left"), std::string::npos)
          << command << "\n"
          << ended.err;
    }
  });
}

TEST(FullStdout, IsSaidWhereTheCallersLimitOfFileSizeEndsARecording) {
  Scene scene;
  in_own_thread([&] {
    move_to(scene.netns());
    const std::string file = scene.csv();
    // Its stderr is a pipe: that of a test is a file, for which the limit holds, too.
    const Finished ended = finish({"bash", "-c",
                                   "set -o pipefail; (ulimit -f 0; exec " CGTALLY_BINARY
                                   " record -i cgt0 --duration 300ms --csv " +
                                       file + ") 2>&1 | cat >&2"});
    EXPECT_EQ(ended.exit_code, 1) << ended.err;
    EXPECT_NE(ended.err.find("File too large"), std::string::npos) << ended.err;
  });
}

}  // namespace
}  // namespace cgtally::harness
