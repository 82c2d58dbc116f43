// SPDX-License-Identifier: Apache-2.0
// From tails to delays, and from delays to words that can be pasted.
#include "core/lifecycle/advice.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "core/lifecycle/names.h"

#include "unit/core/lifecycle/lives.h"

namespace cgtally::lifecycle {
namespace {

using namespace std::chrono_literals;

Row end_of(const std::string& container, const std::string& account) {
  Row row;
  row.event = Event::ended;
  row.account = account;
  row.owner.container = container;
  row.name = container;
  return row;
}
Row end_in_pod(std::uint64_t refused, Nanoseconds last) {
  Row row = end_of("app", "/kubepods/pod2f1f5a5e-8a0c-4f7e-9d3b-0c1d2e3f4a5b/" + kContainerId);
  row.owner = {.container = "app", .pod = "mirror-6d4cf56db6-x7k2p", .k8s_namespace = "shop"};
  row.name = name_of_ends(Grouping::cgroup, row.account, row.owner);
  row.pod.emplace().refused = refused;
  row.pod->siblings = 1;
  row.pod->names = "proxy";
  if (refused > 0) row.pod->tail = Tail{.first = 5ms, .last = last};
  return row;
}
std::string advice_for(const EndHistory& history) {
  return fmt::format("{}\n", fmt::join(advice_of(history), "\n"));
}

TEST(CoveringDelay, IsInWholeSecondsAFifthAndAtLeastASecondMoreThanTheTail) {
  EXPECT_EQ(covering_delay_s(1ms), 2U);
  EXPECT_EQ(covering_delay_s(1s), 2U);
  EXPECT_EQ(covering_delay_s(1'480ms), 3U);
  EXPECT_EQ(covering_delay_s(10s), 12U);
  EXPECT_EQ(covering_delay_s(10'001ms), 13U);
}

TEST(TailOfAnEnd, CountsFromTheFirstLossIfThatCameBeforeTheEnd) {
  Row row = end_of("web", "/docker/" + kContainerId);
  row.late.packets.value = 3;
  row.late.connections = 3;
  row.late.tail = Tail{.first = -10ms, .last = 2s};
  EXPECT_EQ(tail_of(row), 2'010ms);
  row.late.tail->first = 500ms;
  EXPECT_EQ(tail_of(row), 2s);
  row.late.tail->first.reset();
  EXPECT_EQ(tail_of(row), 2s);
}

TEST(TailOfAnEnd, LatePacketsThatCarryNothingAreNoLoss) {
  Row row = end_of("web", "/docker/" + kContainerId);
  row.late.packets.value = 3;
  row.late.tail = Tail{.first = 0s, .last = 2s};
  EXPECT_FALSE(lost_something(row));
  EXPECT_EQ(tail_of(row), 0s);
}

TEST(TailOfAnEnd, IsNotKnownOfAPodThatNobodyWatched) {
  Row row = end_in_pod(0, 0s);
  EXPECT_EQ(tail_of(row), 0s);
  row.pod.reset();
  EXPECT_EQ(tail_of(row), std::nullopt);
}

TEST(EndHistory, MedianAndWorstAreOfTheLastTenEndsOfThatName) {
  EndHistory history;
  (void)history.add(end_in_pod(9, 60s));  // too long ago
  Ends ends;
  for (int i = 1; i <= 10; ++i) ends = history.add(end_in_pod(1, std::chrono::seconds{i}));
  EXPECT_EQ(ends.count, 10U);
  EXPECT_EQ(ends.lossy, 10U);
  EXPECT_EQ(ends.median, 5'500ms);
  EXPECT_EQ(ends.worst, 10s);
}

TEST(EndHistory, AnEndWithoutALossCountsWithATailOfNothing) {
  EndHistory history;
  (void)history.add(end_in_pod(3, 2s));
  (void)history.add(end_in_pod(0, 0s));
  const Ends ends = history.add(end_in_pod(0, 0s));
  EXPECT_EQ(ends, (Ends{.count = 3, .lossy = 1, .median = 0s, .worst = 2s}));
}

TEST(EndHistory, AnEndOfWhichNothingIsKnownIsNoEvidence) {
  EndHistory history;
  (void)history.add(end_in_pod(3, 2s));
  Row unwatched = end_in_pod(0, 0s);
  unwatched.pod.reset();
  EXPECT_EQ(history.add(unwatched).count, 1U);
}

TEST(LifecycleAdvice, ThereIsNoneWithoutALoss) {
  EndHistory history;
  (void)history.add(end_in_pod(0, 0s));
  EXPECT_TRUE(advice_of(history).empty());
}

TEST(LifecycleAdvice, OfKubernetesIsAPreStopOfTheContainerThatEndedTooEarly) {
  EndHistory history;
  (void)history.add(end_in_pod(120, 1'200ms));
  (void)history.add(end_in_pod(148, 1'480ms));
  EXPECT_EQ(
      advice_for(history),
      R"(shop/mirror/app: 2 of the last 2 ends lost something: 268 connections refused inside the pod; for how long: median 1.34 s, worst 1.48 s
  # container app, Kubernetes 1.30 and later
  lifecycle:
    preStop:
      sleep:
        seconds: 3
  # before 1.30, if the image has a program sleep, in the place of sleep:
  #     exec:
  #       command: ["sleep", "3"]
  # terminationGracePeriodSeconds (default 30): more than 3 and the time that app itself needs
  # or, without a delay (1.29 and later): make app the native sidecar
  # (initContainers, restartPolicy: Always), as kubelet ends these after proxy;
  # proxy must not be one: it would always end after app

A delay runs only where the container is asked to end: not after a crash, an OOM kill or kill -9.
)");
}

TEST(LifecycleAdvice, OfDockerIsComposesPreStopAndItsOrder) {
  EndHistory history;
  Row row = end_of("web", "/docker/" + kContainerId);
  row.late.packets.value = 30;
  row.late.connections = 20;
  row.late.tail = Tail{.first = 1ms, .last = 2s};
  (void)history.add(row);
  EXPECT_EQ(
      advice_for(history),
      R"(web: the one end that is known lost something: 30 packets too late (20 new connections); for how long: median 2.00 s, worst 2.00 s
  # compose.yaml, service web (Compose 2.30 and later; needs a sleep in the image)
    pre_stop:
      - command: ["sleep", "3"]
    stop_grace_period: 13s
  # or order: what sends to web gets  depends_on: [web]  and is then stopped before it

A delay runs only where the container is asked to end: not after a crash, an OOM kill or kill -9.
)");
}

TEST(LifecycleAdvice, OfSystemdIsAnExecStopAndItsOrder) {
  EndHistory history;
  Row row;
  row.event = Event::ended;
  row.account = "/system.slice/redis.service";
  row.name = "redis.service";
  row.late.packets.value = 1;
  row.late.payload.value = 9;
  row.late.tail = Tail{.first = 1s, .last = 1s};
  row.extent = Extent::so_far;
  (void)history.add(row);
  EXPECT_EQ(
      advice_for(history),
      R"(redis.service: the one end that is known lost something: 1 packet too late (0 new connections); for how long: median 1.00 s, worst at least 1.00 s
  # systemctl edit redis.service
  [Service]
  ExecStop=/bin/sleep 2
  TimeoutStopSec=92
  # or order: After=redis.service in the unit of what sends to it, which is then stopped first
  # it had not stopped coming when it was last looked at: perhaps no delay is enough, and what sends must stop by itself

A delay runs only where the container is asked to end: not after a crash, an OOM kill or kill -9.
)");
}

TEST(NameOfEnds, IsThatOfTheWorkloadWhereTheControllerNamesThePods) {
  EXPECT_EQ(workload_of("api-6d4cf56db6-x7k2p"), "api");
  EXPECT_EQ(workload_of("my-agent-x7k2p"), "my-agent");
  EXPECT_EQ(workload_of("redis-0"), "redis");
  EXPECT_EQ(workload_of("kafka-broker"), "kafka-broker");
  EXPECT_EQ(workload_of("web"), "web");
  const ContainerName owner{.container = "app", .pod = "api-0", .k8s_namespace = "shop"};
  EXPECT_EQ(name_of_ends(Grouping::cgroup, "/x", owner), "shop/api/app");
  EXPECT_EQ(name_of_ends(Grouping::pod, "/x", owner), "pod:shop/api-0");
  EXPECT_EQ(name_of_ends(Grouping::unit, "/system.slice/redis.service", {}), "redis.service");
}

}  // namespace
}  // namespace cgtally::lifecycle
