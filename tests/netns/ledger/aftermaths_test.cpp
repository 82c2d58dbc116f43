// SPDX-License-Identifier: Apache-2.0
// Aftermaths in a map of the kernel: read as they were written, cut after a kill, and bounded.
// Needs root.
#include "adapters/bpf/cgroups/aftermaths.h"

#include <gtest/gtest.h>

#include <chrono>

#include "adapters/bpf/ledger/ledger.h"

namespace cgtally::bpf {
namespace {

using namespace std::chrono_literals;

Aftermath full_aftermath() {
  Aftermath one{.ended = 5s,
                .netns = 4'026'532'000,
                .state = AftermathState::quiet,
                .siblings = 2,
                .base_before = 700ms,
                .looked = 300us,
                .watched = 4s,
                .resolution = 20ms};
  one.traffic = {.rx_bytes = {900}, .rx_packets = {9}, .tx_bytes = {800}, .tx_packets = {8}};
  one.traffic.tcp.rx_connections = 3;
  one.traffic.tcp.rx_without_data = {4};
  one.first_traffic = 20ms;
  one.base_known = false;
  one.refused = 150;
  one.resets = 151;
  one.aborted = 2;
  one.refused_by_first_look = 1;
  one.first_refused = 0ns;
  one.last_refused = 1500ms;
  one.refused_before = 7;
  one.refused_before_since = 3s;
  one.named = {.netns = one.netns, .port = 8080, .caller_id = 77, .count = 149};
  return one;
}

class AftermathsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(ledger) << ledger.error().what; }
  Result<Ledger> ledger = Ledger::create({.slots = 64});
};

TEST_F(AftermathsTest, AreReadAsTheyWereWritten) {
  const Aftermaths aftermaths(ledger->fd("aftermaths"));
  ASSERT_TRUE(aftermaths.write(7, full_aftermath()));
  EXPECT_EQ(aftermaths.find(7), full_aftermath());
  EXPECT_EQ(aftermaths.find(8), std::nullopt);
}

TEST_F(AftermathsTest, OnlyUnfinishedOnesAreCut) {
  const Aftermaths aftermaths(ledger->fd("aftermaths"));
  Aftermath unfinished = full_aftermath();
  unfinished.state = AftermathState::watching;
  ASSERT_TRUE(aftermaths.write(1, full_aftermath()));
  ASSERT_TRUE(aftermaths.write(2, unfinished));
  aftermaths.cut_unfinished();
  EXPECT_EQ(aftermaths.find(1), full_aftermath());
  unfinished.state = AftermathState::cut;
  EXPECT_EQ(aftermaths.find(2), unfinished);
}

TEST_F(AftermathsTest, TheEarliestEndsAreForgottenFirst) {
  const Aftermaths aftermaths(ledger->fd("aftermaths"));
  for (std::uint64_t id = 1; id <= 10; ++id) {
    ASSERT_TRUE(aftermaths.write(id, {.ended = std::chrono::seconds(id)}));
  }
  aftermaths.forget_oldest();
  EXPECT_EQ(aftermaths.size(), 5U);
  EXPECT_FALSE(aftermaths.find(5));
  EXPECT_TRUE(aftermaths.find(6));
}

}  // namespace
}  // namespace cgtally::bpf
