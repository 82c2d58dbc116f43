// SPDX-License-Identifier: Apache-2.0
// TCP sockets as the kernel describes them: their cgroup, how long their packets wait, and what
// they had to send again. Two netns with a wire between them that the test makes slow or lossy.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "adapters/netlink/inet_diag.h"
#include "adapters/netns/tcp_in_use.h"
#include "adapters/sys/clock.h"
#include "harness/host/cgroup.h"
#include "harness/host/command.h"
#include "harness/host/lateness.h"
#include "harness/host/netns.h"
#include "harness/traffic/traffic.h"
#include "monitor/collectors/tcp_collector.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

struct Connected {
  sys::Fd client, server;
};

class ConnectionsTest : public testing::Test {
 protected:
  ConnectionsTest() {
    notices_.deliver_to([this](const std::string& notice) { said_.push_back(notice); });
    left_.ip("link add v0 type veth peer name w0 netns " + right_.name() +
             "\naddr add 10.77.0.1/24 dev v0\naddr add fd77::1/64 dev v0 nodad\nlink set v0 up");
    right_.ip("addr add 10.77.0.2/24 dev w0\naddr add fd77::2/64 dev w0 nodad\nlink set w0 up");
  }

  // From `cgroup` in the left netns to a listener of `servers` in the right one.
  std::vector<Connected> connect(const Cgroup& cgroup, const Cgroup& servers, int count,
                                 const std::string& ip, std::uint16_t port) {
    const int family = ip.find(':') == std::string::npos ? AF_INET : AF_INET6;
    listeners_.push_back(servers.socket(right_, family, SOCK_STREAM));
    listen_at(listeners_.back(), at(ip, port));
    std::vector<Connected> all;
    for (int i = 0; i < count; ++i) {
      Connected one;
      one.client = cgroup.socket(left_, family, SOCK_STREAM);
      connect_to(one.client, at(ip, port));
      one.server = accept_from(listeners_.back());
      all.push_back(std::move(one));
    }
    return all;
  }

  void shape(const std::string& qdisc) const {
    const Inside guard(left_);
    run({"tc", "-batch", "-"}, "qdisc replace dev v0 root " + qdisc + "\n");
  }

  // Of what IPv4 brings to the right netns, each 20th packet.
  void lose_some() const {
    const Inside guard(right_);
    run({"nft", "-f", "-"},
        "table ip loss {\n chain in {\n  type filter hook prerouting priority 0;\n"
        "  numgen inc mod 20 0 drop\n }\n}\n");
  }

  // Looks as if a second had passed; once more if somebody took the CPU away, as a look that has
  // lasted for 50 ms goes no further.
  const std::map<std::uint64_t, TcpSummary>& look() {
    for (int attempt = 0; attempt < 10; ++attempt) {
      const Nanoseconds begin = sys::now().boot;
      now_.boot += 100s;
      EXPECT_TRUE(watch_.update(now_));
      if (sys::now().boot - begin < 50ms) break;
      said_.clear();
    }
    return watch_.stats().by_cgroup();
  }

  Netns left_{"left"};
  Netns right_{"right"};
  Cgroup web_{"web"};
  Cgroup job_{"job"};
  Cgroup peers_{"peers"};
  std::vector<sys::Fd> listeners_;
  std::vector<std::string> said_;
  monitor::Notices notices_;
  monitor::TcpCollector watch_{"", notices_};
  Moment now_ = sys::now();
};

TEST_F(ConnectionsTest, EachCgroupsAreCountedInAllNetnsAndNoListenerIs) {
  const auto web = connect(web_, peers_, 5, "10.77.0.2", 5001);
  const auto job = connect(job_, peers_, 3, "fd77::2", 5002);
  const auto& seen = look();
  EXPECT_EQ(seen.at(web_.id()).connections, 5U);
  EXPECT_EQ(seen.at(job_.id()).connections, 3U);
  EXPECT_EQ(seen.at(peers_.id()).connections, 8U);  // in another netns
  for (const std::string& notice : said_) ADD_FAILURE() << notice;
}

TEST_F(ConnectionsTest, WhatIsClosedIsNoConnectionAlthoughItIsInTimeWait) {
  auto web = connect(web_, peers_, 2, "10.77.0.2", 5001);
  ASSERT_EQ(look().at(web_.id()).connections, 2U);
  close_in_order(std::move(web[0].client), std::move(web[0].server));
  EXPECT_EQ(look().at(web_.id()).connections, 1U);
  EXPECT_EQ(look().at(peers_.id()).connections, 1U);
}

// Listeners are sockets, connections in TIME_WAIT are none any more.
TEST_F(ConnectionsTest, TheNumberOfSocketsInANetnsIsKnownWithoutADump) {
  const auto in = [](const Netns& netns) {
    return inside(netns, [] { return netns::tcp_in_use(); });
  };
  EXPECT_EQ(in(left_), 0U);
  EXPECT_EQ(in(right_), 0U);
  auto web = connect(web_, peers_, 5, "10.77.0.2", 5001);
  const auto job = connect(job_, peers_, 3, "fd77::2", 5002);
  EXPECT_EQ(in(left_), 8U);
  EXPECT_EQ(in(right_), 10U);
  close_in_order(std::move(web[0].client), std::move(web[0].server));
  EXPECT_EQ(in(left_), 7U);
  EXPECT_EQ(in(right_), 9U);
}

// A netns that had only a listener for long, and is not dumped for that.
TEST_F(ConnectionsTest, TheFirstConnectionOfAnIdleNetnsIsSeenAtTheNextLook) {
  listeners_.push_back(peers_.socket(right_, AF_INET, SOCK_STREAM));
  listen_at(listeners_.back(), at("10.77.0.2", 5001));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(look().contains(peers_.id()));
  const auto client = web_.socket(left_, AF_INET, SOCK_STREAM);
  connect_to(client, at("10.77.0.2", 5001));
  auto server = accept_from(listeners_.back());
  EXPECT_EQ(look().at(peers_.id()).connections, 1U);
  EXPECT_EQ(look().at(web_.id()).connections, 1U);
}

TEST_F(ConnectionsTest, ADumpTakesNoMoreThanItMayAndSaysSo) {
  const auto web = connect(web_, peers_, 5, "10.77.0.2", 5001);
  const auto some = inside(left_, [] { return netlink::tcp_sockets(4); });
  ASSERT_TRUE(some) << some.error().what;
  EXPECT_EQ(some->sockets.size(), 4U);
  EXPECT_FALSE(some->all);
  const auto all = inside(left_, [] { return netlink::tcp_sockets(5); });
  EXPECT_EQ(all->sockets.size(), 5U);
  EXPECT_TRUE(all->all);
}

TEST_F(ConnectionsTest, ItIsAskedTenTimesASecondAndLooksOnce) {
  int looks = 0;
  for (int tick = 0; tick < 30; ++tick) {
    now_.boot += 100ms;
    looks += watch_.update(now_) ? 1 : 0;
  }
  EXPECT_LE(looks, 3);
  EXPECT_GE(looks, 1);
}

TEST_F(ConnectionsTest, AFullQueueShowsAsDelayOfWhoeverWaitsInIt) {
  auto web = connect(web_, peers_, 16, "10.77.0.2", 5001);
  const auto job = connect(job_, peers_, 1, "10.77.0.2", 5002);
  for (const Connected& one : web) {
    use_large_buffers(one.client);
    use_large_buffers(one.server);
  }
  // A CPU that is taken away delays packets, too: then once more.
  std::optional<Nanoseconds> calm;
  for (int attempt = 0; attempt < 10 && calm.value_or(1s) >= 5ms; ++attempt) {
    for (const Connected& one : web) transfer(one.client, one.server, 10'000);
    calm = look().at(web_.id()).queue_delay_p99;
    ASSERT_TRUE(calm);
  }
  EXPECT_LT(*calm, 5ms);

  shape("tbf rate 40mbit burst 16kb limit 8mb");
  std::vector<std::jthread> senders;
  for (const Connected& one : web) {
    senders.emplace_back([&one] { transfer(one.client, one.server, 400'000); });
  }
  Nanoseconds most{};
  const auto until = std::chrono::steady_clock::now() + 1s;
  while (std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(50ms);
    most = std::max(most, look().at(web_.id()).queue_delay_p50.value_or(0ns));
  }
  senders.clear();
  EXPECT_GE(most, 50ms);
  EXPECT_LT(look().at(job_.id()).queue_delay_p99.value_or(0ns), 5ms);  // it sent nothing since
}

TEST_F(ConnectionsTest, WhatIsLostIsSentAgainByItsOwnerAlone) {
  auto web = connect(web_, peers_, 4, "10.77.0.2", 5001);
  auto job = connect(job_, peers_, 1, "fd77::2", 5002);
  (void)look();
  lose_some();
  const auto retransmitted = [&](const Cgroup& cgroup) {
    return watch_.stats().by_cgroup().at(cgroup.id()).retransmitted.value;
  };
  // A CPU that is taken away for 200 ms is a loss to TCP, too: then once more.
  for (int attempt = 0; attempt < 5; ++attempt) {
    for (const Connected& one : web) transfer(one.client, one.server, 500'000);
    for (const Connected& one : job) transfer(one.client, one.server, 500'000);
    (void)look();
    if (retransmitted(job_) + retransmitted(peers_) == 0) break;
  }
  EXPECT_GT(retransmitted(web_), 0U);
  EXPECT_EQ(retransmitted(job_), 0U);
  EXPECT_EQ(retransmitted(peers_), 0U);
  EXPECT_EQ(look().at(web_.id()).retransmitted.value, 0U);  // none since
}

TEST_F(ConnectionsTest, ANetnsThatGoesTakesItsConnectionsAlongAndIsNotHeld) {
  {
    const Netns late("late");
    late.ip("link set lo up");
    const auto listener = web_.socket(late, AF_INET, SOCK_STREAM);
    listen_at(listener, at("127.0.0.1", 5003));
    const auto client = web_.socket(late, AF_INET, SOCK_STREAM);
    connect_to(client, at("127.0.0.1", 5003));
    const auto server = accept_from(listener);
    EXPECT_EQ(look().at(web_.id()).connections, 2U);
  }
  (void)look();
  EXPECT_TRUE(comes_true_within(10s, [&] { return !look().contains(web_.id()); }));
  for (const std::string& notice : said_) ADD_FAILURE() << notice;
}

// `ip netns del` unmounts a netns before it removes the file.
TEST_F(ConnectionsTest, ANetnsThatGoesBetweenTwoLooksIsNoReasonForANotice) {
  const Netns late("late");
  (void)look();
  ASSERT_EQ(umount2(late.path().c_str(), MNT_DETACH), 0);
  (void)look();
  for (const std::string& notice : said_) ADD_FAILURE() << notice;
}

}  // namespace
}  // namespace cgtally::harness
