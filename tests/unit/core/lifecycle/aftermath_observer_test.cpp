// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/aftermath_observer.h"

#include <gtest/gtest.h>

#include <chrono>

#include "adapters/netns/tcp_counters.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

NetnsTcpCounts failed(std::uint64_t attempts) { return {.attempt_fails = attempts}; }

PodLook look(Nanoseconds at, std::uint64_t attempts) {
  PodLook one;
  one.at = at;
  one.counts = failed(attempts);
  return one;
}

TEST(AftermathObserver, CountsFromTheLastReadingBeforeTheEnd) {
  RefusalHistory history;
  history.add(failed(5), 10s);
  history.add(failed(8), 10s + 500ms);  // taken after the end, before the end was heard of
  AftermathObserver observer(10s + 490ms, 1, 1, history);
  EXPECT_EQ(observer.result().base_before, 490ms);
  observer.update(look(10s + 510ms, 9));
  EXPECT_EQ(observer.result().refused, 4U);
  EXPECT_EQ(observer.result().refused_by_first_look, 4U);
  observer.update(look(10s + 530ms, 9));
  observer.update(look(10s + 550ms, 12));
  EXPECT_EQ(observer.result().refused, 7U);
  EXPECT_EQ(observer.result().first_refused, 20ms);
  EXPECT_EQ(observer.result().last_refused, 60ms);
  EXPECT_EQ(observer.result().resolution, 20ms);
}

TEST(AftermathObserver, TheRunOfRefusalsBeforeTheBaseIsKeptApart) {
  RefusalHistory history;
  history.add(failed(0), 10s);
  history.add(failed(3), 11s);
  history.add(failed(7), 12s);
  const AftermathObserver observer(12s + 100ms, 1, 1, history);
  EXPECT_EQ(observer.result().refused, 0U);
  EXPECT_EQ(observer.result().refused_before, 7U);
  EXPECT_EQ(observer.result().refused_before_since, 2s + 100ms);
}

TEST(AftermathObserver, ARunThatWasOverIsNoPartOfIt) {
  RefusalHistory history;
  history.add(failed(0), 10s);
  history.add(failed(3), 11s);
  history.add(failed(3), 14s);
  EXPECT_EQ(AftermathObserver(15s, 1, 1, history).result().refused_before, 0U);
}

TEST(AftermathObserver, EndsWhenItIsQuiet) {
  RefusalHistory history;
  history.add(failed(0), 10s);
  AftermathObserver observer(10s, 1, 1, history);
  observer.update(look(11s, 1));
  observer.update(look(13s + 999ms, 1));
  EXPECT_EQ(observer.state(), AftermathState::watching);
  observer.update(look(14s, 1));
  EXPECT_EQ(observer.state(), AftermathState::quiet);
}

TEST(AftermathObserver, EndsAtItsLimitThoughRefusalsGoOn) {
  RefusalHistory history;
  history.add(failed(0), 10s);
  AftermathObserver observer(10s, 1, 1, history);
  for (std::uint64_t second = 1; second < 60; ++second) {
    observer.update(look(10s + std::chrono::seconds(second), second));
    ASSERT_EQ(observer.state(), AftermathState::watching);
  }
  observer.update(look(70s, 60));
  EXPECT_EQ(observer.state(), AftermathState::limit);
}

TEST(AftermathObserver, WithoutAReadingBeforeTheEndTheBaseIsNotKnown) {
  AftermathObserver observer(10s, 1, 1, {});
  EXPECT_FALSE(observer.result().base_known);
  EXPECT_FALSE(observer.result().counters_known);
  observer.update(look(10s + 1ms, 100));
  EXPECT_TRUE(observer.result().counters_known);
  EXPECT_EQ(observer.result().refused, 0U);
}

TEST(TcpCounters, AreReadByTheirNames) {
  constexpr std::string_view kSnmp =
      "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
      "Tcp: RtoAlgorithm MaxConn AttemptFails EstabResets OutRsts InCsumErrors\n"
      "Tcp: 1 -1 150 2 151 0\n";
  EXPECT_EQ(netns::tcp_counts_of(kSnmp),
            (NetnsTcpCounts{.attempt_fails = 150, .out_rsts = 151, .estab_resets = 2}));
  EXPECT_EQ(netns::tcp_counts_of("Tcp: AttemptFails\nTcp: 1\n"), std::nullopt);
  EXPECT_EQ(netns::tcp_counts_of("Udp: InDatagrams\nUdp: 1\n"), std::nullopt);
}

}  // namespace
}  // namespace cgtally
