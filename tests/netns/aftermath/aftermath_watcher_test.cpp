// SPDX-License-Identifier: Apache-2.0
// Two containers that share a netns, as in a pod: one ends, and the other is refused by nobody's
// port. Exact numbers, and a netns that goes when its last process has gone. Needs root.
#include "monitor/aftermath/aftermath_watcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/sys/clock.h"
#include "harness/host/cgroup.h"
#include "harness/host/command.h"
#include "harness/host/lateness.h"
#include "harness/host/netns.h"
#include "netns/aftermath/container.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 8080;

bool comes_true(const std::function<bool()>& condition) {
  return harness::comes_true_within(30s, condition);
}

class AftermathWatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ledger) << ledger.error().what;
    pod.ip("link set lo up\n");
  }
  void watch() {
    auto started = AftermathWatcher::start(*ledger, "", loopback);
    ASSERT_TRUE(started) << started.error().what;
    watcher = *std::move(started);
    harness::give_time(700ms);  // the pod is found, and its counters are read
  }
  [[nodiscard]] std::optional<Aftermath> of(const harness::Cgroup& cgroup) const {
    return bpf::Aftermaths(ledger->fd("aftermaths")).find(cgroup.id());
  }
  [[nodiscard]] std::optional<Aftermath> settled(const harness::Cgroup& cgroup) const {
    EXPECT_TRUE(comes_true([&] {
      const auto found = of(cgroup);
      return found && found->state != AftermathState::watching;
    }));
    return of(cgroup);
  }

  Result<bpf::Ledger> ledger = bpf::Ledger::create({.slots = 64});
  harness::Netns pod{"pod"};
  harness::Cgroup app_cgroup{"app"};
  harness::Cgroup proxy_cgroup{"proxy"};
  std::unique_ptr<AftermathWatcher> watcher;
  bool loopback = false;
};

TEST_F(AftermathWatcherTest, ProgramsAtLoNameThePortAndTheCaller) {
  loopback = true;
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  const PodContainer proxy(proxy_cgroup, pod.fd(), [](std::uint32_t tries) {
    return refused_of(tries, kPort, 1'000) + refused_of(tries / 4, kPort + 1, 1'000);
  });
  ASSERT_EQ(app.call(1), 0U);
  watch();
  ASSERT_EQ(proxy.call(8), 2U);
  harness::give_time(600ms);  // the counters are read once more
  app.kill();
  ASSERT_EQ(proxy.call(40), 50U);
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->refused, 50U);
  EXPECT_EQ(found->named,
            (PortRefusals{
                .netns = pod.inode(), .port = kPort, .caller_id = proxy_cgroup.id(), .count = 40}));
}

TEST_F(AftermathWatcherTest, EachRefusedConnectionCountsAndTheTimesAreRight) {
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  const PodContainer proxy(proxy_cgroup, pod.fd(), connecting_to(kPort, 10'000));
  const harness::Lateness lateness;  // after the forks
  ASSERT_EQ(app.call(1), 0U);
  watch();
  ASSERT_EQ(proxy.call(5), 0U);
  const Nanoseconds before = sys::now().boot;
  app.kill();
  const Nanoseconds after = sys::now().boot;
  ASSERT_EQ(proxy.call(150), 150U);
  const Nanoseconds last = sys::now().boot;
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, AftermathState::quiet);
  EXPECT_EQ(found->refused, 150U);
  EXPECT_EQ(found->resets, 155U);  // the five that the app had not accepted, too
  EXPECT_EQ(found->siblings, 1U);
  EXPECT_TRUE(found->base_known);
  EXPECT_GE(found->ended, before);
  const Nanoseconds late = lateness.allowed();
  EXPECT_LE(found->ended, after + 20ms + late);
  EXPECT_LT(found->looked, 20ms + late);
  ASSERT_TRUE(found->last_refused);
  EXPECT_LE(std::chrono::abs(found->ended + *found->last_refused - last), 50ms + late);
  EXPECT_LE(*found->first_refused, 50ms + late);
  EXPECT_LE(found->resolution, 50ms + late);
}

TEST_F(AftermathWatcherTest, WhatIsRefusedBeforeTheCgroupIsEmptyCountsToo) {
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  const PodContainer proxy(proxy_cgroup, pod.fd(), connecting_to(kPort, 1'000));
  const harness::Lateness lateness;  // after the forks
  ASSERT_EQ(app.call(1), 0U);
  watch();
  ASSERT_EQ(app.call(0), 0U);  // it listens no more, but lives
  ASSERT_EQ(proxy.call(20), 20U);
  app.kill();
  ASSERT_EQ(proxy.call(7), 7U);
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  // A reading of the counters may lie between.
  EXPECT_EQ(found->refused_before + found->refused, 27U);
  EXPECT_GE(found->refused, 7U);
  EXPECT_LE(found->base_before, 1s + lateness.allowed());
}

TEST_F(AftermathWatcherTest, AContainerThatEndsAloneIsNoAftermath) {
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  watch();
  app.kill();
  std::this_thread::sleep_for(300ms);
  EXPECT_FALSE(of(app_cgroup));
}

TEST_F(AftermathWatcherTest, AContainerThatBeganLaterIsKnownSoon) {
  const PodContainer proxy(proxy_cgroup, pod.fd(), connecting_to(kPort, 1'000));
  watch();
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  harness::give_time(500ms);
  app.kill();
  ASSERT_EQ(proxy.call(3), 3U);
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->refused, 3U);
}

// Takes the CPU away from a thread of this process for 20 ms of every 21, as a busy machine does.
class Hindrance {
 public:
  explicit Hindrance(pid_t thread) : thread_(thread) {
    std::signal(SIGUSR1, [](int) {
      const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
      ::nanosleep(&pause, nullptr);
    });
    hinder_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        ::syscall(SYS_tgkill, ::getpid(), thread_, SIGUSR1);
        std::this_thread::sleep_for(21ms);
      }
    });
  }

 private:
  pid_t thread_;
  std::jthread hinder_;
};

std::set<pid_t> threads() {
  std::set<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    found.insert(std::stoi(entry.path().filename()));
  }
  return found;
}

TEST_F(AftermathWatcherTest, AContainerIsKnownSoonThoughLooksTakeLongOnABusyMachine) {
  const PodContainer proxy(proxy_cgroup, pod.fd(), connecting_to(kPort, 1'000));
  std::set<pid_t> others = threads();
  watch();
  std::set<pid_t> own = threads();
  std::erase_if(own, [&](pid_t one) { return others.contains(one); });
  ASSERT_EQ(own.size(), 1U);
  std::optional<Aftermath> found;
  // A machine on which all are hindered for long is late with that, too: then once more.
  for (int attempt = 0; attempt < 3 && !found; ++attempt) {
    auto hindrance = std::make_optional<Hindrance>(*own.begin());
    std::vector<std::unique_ptr<harness::Cgroup>> cgroups;
    for (int i = 0; i < 4; ++i) {  // each makes it look, and most looks are hindered
      cgroups.push_back(std::make_unique<harness::Cgroup>("brief" + std::to_string(i)));
      PodContainer(*cgroups.back(), pod.fd(), connecting_to(kPort, 1)).kill();
      std::this_thread::sleep_for(50ms);
    }
    const harness::Cgroup cgroup("app" + std::to_string(attempt));
    PodContainer app(cgroup, pod.fd(), serving(kPort));
    harness::give_time(2s);
    hindrance.reset();
    harness::give_time(1s);
    app.kill();
    ASSERT_EQ(proxy.call(3), 3U);
    const auto is_told = [&] { return of(cgroup).has_value(); };
    if (harness::comes_true_within(3s, is_told)) found = settled(cgroup);
  }
  ASSERT_TRUE(found);
  EXPECT_EQ(found->refused, 3U);
}

// In a netns that nothing but its processes holds; a veth tells when it has gone.
class GoingPodTest : public AftermathWatcherTest {
 protected:
  void SetUp() override {
    AftermathWatcherTest::SetUp();
    app = std::make_unique<PodContainer>(app_cgroup, -1, serving(kPort));
    const std::string of_app = "/proc/" + std::to_string(app->pid()) + "/ns/net";
    const sys::Fd netns(::open(of_app.c_str(), O_RDONLY | O_CLOEXEC));
    proxy = std::make_unique<PodContainer>(proxy_cgroup, netns.get(), [](std::uint32_t tries) {
      if (::system("ip link set lo up") != 0) return 0U;
      return refused_of(tries, kPort, 1'000);
    });
    pod.ip("link add host type veth peer name eth0 netns " + std::to_string(app->pid()) + "\n");
  }
  [[nodiscard]] bool veth_is_there() const {
    return harness::inside(pod, [] { return ::if_nametoindex("host") != 0; });
  }
  std::unique_ptr<PodContainer> app;
  std::unique_ptr<PodContainer> proxy;
};

TEST_F(GoingPodTest, ItsNetnsGoesWithItsLastContainerAndTheCountIsComplete) {
  watch();
  app->kill();
  const std::uint32_t refused = proxy->call(40);
  ASSERT_EQ(refused, 40U);
  proxy->kill();
  EXPECT_TRUE(harness::comes_true_within(2s, [&] { return !veth_is_there(); }));
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, AftermathState::pod_gone);
  EXPECT_EQ(found->refused, 40U);
}

TEST_F(GoingPodTest, AProgramAtItsLoDoesNotHoldIt) {
  loopback = true;
  watch();
  app->kill();
  ASSERT_EQ(proxy->call(9), 9U);
  harness::give_time(200ms);
  proxy->kill();
  EXPECT_TRUE(harness::comes_true_within(2s, [&] { return !veth_is_there(); }));
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->named.count, 9U);
  EXPECT_EQ(found->named.caller_id, proxy_cgroup.id());
}

TEST_F(GoingPodTest, ItsNetnsGoesThoughTheCgroupOfItsLastProcessLivesOn) {
  const PodContainer outside(proxy_cgroup, pod.fd(), connecting_to(kPort, 1'000));
  watch();
  app->kill();
  ASSERT_EQ(proxy->call(10), 10U);
  proxy->kill();
  EXPECT_TRUE(harness::comes_true_within(2s, [&] { return !veth_is_there(); }));
  const auto found = settled(app_cgroup);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, AftermathState::pod_gone);
  EXPECT_EQ(found->refused, 10U);
}

TEST_F(AftermathWatcherTest, OfAKilledObserverTheNextSaysThatItWasCut) {
  PodContainer app(app_cgroup, pod.fd(), serving(kPort));
  const PodContainer proxy(proxy_cgroup, pod.fd(), connecting_to(kPort, 1'000));
  const pid_t observer = ::fork();
  if (observer == 0) {
    const auto started = AftermathWatcher::start(*ledger, "", loopback);
    while (started) ::pause();
    ::_exit(1);
  }
  harness::give_time(2s);
  app.kill();
  EXPECT_EQ(proxy.call(12), 12U);
  EXPECT_TRUE(comes_true([&] { return of(app_cgroup) && of(app_cgroup)->refused == 12; }));
  EXPECT_EQ(of(app_cgroup).value_or(Aftermath{}).state, AftermathState::watching);
  ::kill(observer, SIGKILL);
  (void)harness::wait_for(observer);
  watch();
  EXPECT_EQ(of(app_cgroup)->state, AftermathState::cut);
  EXPECT_EQ(of(app_cgroup)->refused, 12U);
}

}  // namespace
}  // namespace cgtally::monitor
