// SPDX-License-Identifier: Apache-2.0
// What leaves a queue, from what was counted before it: exact over time, whatever waits or is
// dropped.
#include "core/health/egress_queue.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

QueueReading reading(std::uint64_t waiting, std::uint64_t sent, std::uint64_t dropped = 0) {
  return {.kind = "tbf", .waiting = {waiting}, .sent = {sent}, .dropped = {dropped}};
}

TEST(EgressQueue, PaysForWhatWaitsOnceItHasLeft) {
  EgressQueue queue;
  EXPECT_EQ(queue.sent({}, reading(500, 0)), Bytes{0}) << "it was counted before";
  EXPECT_EQ(queue.sent({1000}, reading(800, 700)), Bytes{700});
  EXPECT_EQ(queue.waiting(), Bytes{800});
  EXPECT_EQ(queue.sent({0}, reading(0, 1500)), Bytes{800});
}

TEST(EgressQueue, NeverPaysForWhatIsDropped) {
  EgressQueue queue;
  (void)queue.sent({}, reading(0, 0));
  EXPECT_EQ(queue.sent({3000}, reading(600, 1000, 2)), Bytes{1000}) << "1400 were dropped";
  EXPECT_EQ(queue.sent({100}, reading(0, 1700, 2)), Bytes{700});
}

TEST(EgressQueue, OfAnInterfaceThatCameLaterAllIsNew) {
  EgressQueue queue;
  EXPECT_EQ(queue.sent({1000}, reading(400, 600)), Bytes{600});
  EXPECT_EQ(queue.sent({0}, reading(0, 1000)), Bytes{400});
}

TEST(EgressQueue, WithoutAQueueAllThatWasCountedWasSent) {
  EgressQueue queue;
  EXPECT_EQ(queue.sent({}, {}), Bytes{0});
  EXPECT_EQ(queue.sent({1234}, {}), Bytes{1234});
}

TEST(EgressQueue, AnotherQueueInItsPlaceLosesNoByte) {
  EgressQueue queue;
  (void)queue.sent({}, reading(0, 0));
  (void)queue.sent({1000}, reading(300, 700));
  QueueReading other = reading(0, 50, 1);
  other.kind = "fq";
  EXPECT_EQ(queue.sent({200}, other), Bytes{500});
}

}  // namespace
}  // namespace cgtally
