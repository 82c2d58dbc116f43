// SPDX-License-Identifier: Apache-2.0
// When rounds come, and that there is always a last one, unless nobody is left to see it.
#include "monitor/event_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

TEST(EventLoop, ALengthOfOneIntervalIsExactlyOneRound) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int count = 0;
  ASSERT_TRUE(rounds->run(50ms, 50ms, [&] { ++count; }).has_value());
  EXPECT_EQ(count, 1);
}

TEST(EventLoop, ALengthShorterThanTheIntervalStillHasItsLastRound) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int count = 0;
  ASSERT_TRUE(rounds->run(1h, 10ms, [&] { ++count; }).has_value());
  EXPECT_EQ(count, 1);
}

TEST(EventLoop, ASignalEndsThemWithALastRound) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  int count = 0;
  ASSERT_TRUE(rounds->run(1h, std::nullopt, [&] { ++count; }).has_value());
  EXPECT_EQ(count, 1);
}

TEST(EventLoop, FinishInARoundGivesOneMore) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int count = 0;
  ASSERT_TRUE(rounds
                  ->run(5ms, std::nullopt,
                        [&] {
                          ++count;
                          rounds->finish();
                        })
                  .has_value());
  EXPECT_EQ(count, 2);
}

TEST(EventLoop, AnotherIntervalHoldsFromTheNextRoundOn) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int count = 0;
  rounds->set_interval(1ms);  // or the first round would come after ten seconds
  ASSERT_TRUE(rounds
                  ->run(10s, std::nullopt,
                        [&] {
                          if (++count == 1) rounds->set_interval(2ms);
                          if (count == 20) rounds->finish();
                        })
                  .has_value());
  EXPECT_EQ(count, 21);
}

TEST(EventLoop, AbandonInARoundGivesNoMore) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int count = 0;
  ASSERT_TRUE(rounds
                  ->run(5ms, std::nullopt,
                        [&] {
                          ++count;
                          rounds->abandon();
                        })
                  .has_value());
  EXPECT_EQ(count, 1);
}

TEST(EventLoop, ASignalThatDoesNotEndThemIsHandedOn) {
  auto rounds = EventLoop::open();
  ASSERT_TRUE(rounds.has_value());
  int handed = 0;
  rounds->on_signal([&](int signal) {
    handed = signal;
    rounds->finish();
  });
  ASSERT_EQ(::kill(::getpid(), SIGWINCH), 0);
  ASSERT_TRUE(rounds->run(1h, std::nullopt, [] {}).has_value());
  EXPECT_EQ(handed, SIGWINCH);
}

}  // namespace
}  // namespace cgtally::monitor
