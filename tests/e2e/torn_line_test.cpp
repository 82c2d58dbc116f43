// SPDX-License-Identifier: Apache-2.0
// Killed at the worst moment: the disk has taken half a row, and the recorder dies before it can
// cut that off. At most the last line is torn, and the next start repairs it.
#include <gtest/gtest.h>
#include <signal.h>

#include "e2e/scene.h"
#include "harness/host/old_kernel.h"
#include "harness/host/surroundings.h"

namespace cgtally::harness {
namespace {

const std::vector<std::string> kRecordAll{"record", "-i",    "cgt*",           "--interval",
                                          "100ms",  "--csv", "DIR/samples.csv"};

TEST(TornLine, OfAKilledRecorderIsCutOffByTheNextStart) {
  Scene scene;
  in_own_thread([&] {
    move_to(scene.netns());
    own_mounts();
    cover(scene.directory(), "size=16k");
    in_own_thread([&] {
      die_at_ftruncate();
      scene.start(kRecordAll);
    });
    scene.await_rows(2);
    scene.fill_disk();
    const auto killed = scene.wait();
    EXPECT_EQ(killed.exit_code, 128 + SIGSYS) << killed.err;
    const auto torn = scene.data(killed, true);
    ASSERT_FALSE(torn.ends_with('\n')) << torn;
    const auto whole = torn.substr(0, torn.rfind('\n') + 1);
    expect_rows_without_gap(whole);

    scene.free_disk();
    scene.start(kRecordAll);
    scene.await_rows(2);
    scene.signal(SIGINT);
    const auto next = scene.wait();
    EXPECT_EQ(next.exit_code, 0) << next.err;
    const auto repaired = scene.data(next, true);
    EXPECT_TRUE(repaired.starts_with(whole));
    expect_rows_without_gap(repaired);
    EXPECT_GT(repaired.size(), whole.size());
  });
}

}  // namespace
}  // namespace cgtally::harness
