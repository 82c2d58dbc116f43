// SPDX-License-Identifier: Apache-2.0
// Descriptors, timers, signals, the poller and files of adapters/sys.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"
#include "adapters/sys/host.h"
#include "adapters/sys/poller.h"
#include "adapters/sys/signals.h"
#include "adapters/sys/timer.h"

namespace cgtally::sys {
namespace {

using namespace std::chrono_literals;

struct Pipe {
  Fd out;
  Fd in;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
    out = Fd(ends[0]);
    in = Fd(ends[1]);
  }
  void fill() const { ASSERT_EQ(write(in.get(), "x", 1), 1); }
};

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

TEST(Fd, ClosesWhatItOwnsExactlyOnce) {
  Pipe pipe;
  const int number = pipe.out.get();
  {
    Fd moved(std::move(pipe.out));
    EXPECT_FALSE(pipe.out);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, AssigningClosesTheOldOneAndKeepsTheNew) {
  Pipe pipe;
  const int old = pipe.out.get();
  const int kept = pipe.in.get();
  pipe.out = std::move(pipe.in);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(kept));
  EXPECT_EQ(pipe.out.get(), kept);
}

TEST(ErrorFrom, WhatIsNotPermittedIsToldApartFromWhatFailed) {
  const Error denied = error_from(EPERM, "attach", "be root");
  EXPECT_EQ(denied.failure, Failure::unsupported);
  EXPECT_EQ(denied.what, "attach: Operation not permitted");
  EXPECT_EQ(denied.hint, "be root");
  EXPECT_EQ(error_from(EIO, "read").failure, Failure::failed);
}

TEST(Clock, BothClocksAdvanceByTheSame) {
  Moment before, after;
  Nanoseconds apart = 1h;
  // A busy machine may take the CPU away between the two clocks of one reading: then once more.
  for (int attempt = 0; attempt < 10 && apart >= 10ms; ++attempt) {
    before = now();
    std::this_thread::sleep_for(20ms);
    after = now();
    EXPECT_GE(after.boot - before.boot, 20ms);
    apart = std::chrono::abs((after.boot - before.boot) - (after.wall - before.wall));
  }
  EXPECT_LT(apart, 10ms);
  EXPECT_GT(after.wall, std::chrono::hours(24 * 365 * 50)) << "wall time is since 1970";
}

TEST(Timer, TicksAreAsManyAsIntervalsHavePassed) {
  constexpr auto kInterval = 4ms;
  const auto begin = now().boot;
  auto timer = Timer::every(kInterval);
  const auto begun = now().boot;
  ASSERT_TRUE(timer);
  std::uint64_t ticks = 0;
  Nanoseconds last{};
  for (int i = 0; i < 7; ++i) {  // readings late by a part of an interval must not add up
    std::this_thread::sleep_for(7ms);
    last = now().boot;
    ticks += timer->read_expirations();
  }
  const auto intervals_in = [kInterval](Nanoseconds length) {
    return static_cast<std::uint64_t>(length / Nanoseconds(kInterval));
  };
  EXPECT_GE(ticks + 1, intervals_in(last - begun));  // whose interrupt may be late
  EXPECT_LE(ticks, intervals_in(now().boot - begin));
}

TEST(Timer, WithoutATickThereIsNothingToTakeAndNoWait) {
  auto timer = Timer::every(1h);
  ASSERT_TRUE(timer);
  EXPECT_EQ(timer->read_expirations(), 0U);
}

TEST(Timer, RefusesAnIntervalOfNothing) {
  EXPECT_EQ(Timer::every(0ns).error().code, EINVAL);
  EXPECT_EQ(Timer::every(-1s).error().code, EINVAL);
}

TEST(SignalFd, ASignalThatWouldEndTheProcessStaysPendingUntilItIsRead) {
  auto signals = SignalFd::open({SIGUSR1, SIGTERM});
  ASSERT_TRUE(signals);
  EXPECT_EQ(signals->read_signal(), std::nullopt);
  raise(SIGTERM);
  EXPECT_EQ(signals->read_signal(), SIGTERM);
  EXPECT_EQ(signals->read_signal(), std::nullopt);
}

TEST(Poller, CallsBackForWhatCanBeReadOnly) {
  Pipe ready;
  const Pipe idle;
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  int calls = 0;
  ASSERT_TRUE(poller->add(ready.out.get(), [&] { ++calls; }));
  ASSERT_TRUE(poller->add(idle.out.get(), [] { FAIL() << "nothing was written"; }));
  ready.fill();
  EXPECT_EQ(poller->wait(1s), true);
  EXPECT_EQ(calls, 1);
}

TEST(Poller, AHangUpCallsBackToo) {
  Pipe pipe;
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  bool called = false;
  ASSERT_TRUE(poller->add(pipe.out.get(), [&] { called = true; }));
  pipe.in = Fd();
  EXPECT_EQ(poller->wait(1s), true);
  EXPECT_TRUE(called);
}

TEST(Poller, TheTimeLimitHolds) {
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  const auto start = now().boot;
  EXPECT_EQ(poller->wait(10'500us), false);
  EXPECT_GE(now().boot - start, 10'500us);
  EXPECT_EQ(poller->wait(0ns), false);
}

TEST(Poller, ACallbackMayRemoveItself) {
  const Pipe pipe;
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  int calls = 0;
  std::string witness = "a capture that must outlive the removal";
  ASSERT_TRUE(poller->add(pipe.out.get(), [&poller, &pipe, &calls, witness] {
    ASSERT_TRUE(poller->remove(pipe.out.get()));
    calls += static_cast<int>(witness.size() > 10);
  }));
  pipe.fill();
  EXPECT_EQ(poller->wait(1s), true);
  EXPECT_EQ(poller->wait(0ns), false);
  EXPECT_EQ(calls, 1);
}

// Both are ready in one batch; the callback that runs first closes the other's descriptor and opens
// a new one, which gets the number that has just become free.
TEST(Poller, AnOldEventDoesNotReachANewOwnerOfTheNumber) {
  std::array<Pipe, 2> pipes;
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  Pipe fresh;
  int calls = 0;
  const auto replace = [&](Pipe& other) {
    ++calls;
    const int number = other.out.get();
    ASSERT_TRUE(poller->remove(number));
    other.out = Fd();
    ASSERT_EQ(dup2(fresh.out.get(), number), number);
    other.out = Fd(number);
    ASSERT_TRUE(poller->add(number, [] { FAIL() << "nothing was written to the new one"; }));
  };
  ASSERT_TRUE(poller->add(pipes[0].out.get(), [&] { replace(pipes[1]); }));
  ASSERT_TRUE(poller->add(pipes[1].out.get(), [&] { replace(pipes[0]); }));
  pipes[0].fill();
  pipes[1].fill();
  EXPECT_EQ(poller->wait(1s), true);
  EXPECT_EQ(calls, 1);
}

TEST(Clock, TheTimeOfAThreadRunsOnlyWhileItHasACpu) {
  const Nanoseconds before = thread_cpu_time();
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(thread_cpu_time() - before, 50ms);
  const Nanoseconds slept = thread_cpu_time();
  while (thread_cpu_time() - slept < 2ms) {
  }
  EXPECT_GE(thread_cpu_time(), slept + 2ms);
}

TEST(Poller, WhatItDoesNotKnowCannotBeRemoved) {
  auto poller = Poller::open();
  ASSERT_TRUE(poller);
  EXPECT_EQ(poller->remove(0).error().code, ENOENT);
  EXPECT_EQ(poller->add(-1, [] {}).error().code, EBADF);
}

TEST(Host, IdsLookLikeIdsAndDiffer) {
  const std::string id = random_id();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, random_id());
  EXPECT_EQ(boot_id().size(), 36U);
  EXPECT_EQ(boot_id(), boot_id());
  std::array<char, 256> name{};
  ASSERT_EQ(gethostname(name.data(), name.size()), 0);
  EXPECT_EQ(host_name(), name.data());
}

}  // namespace
}  // namespace cgtally::sys
