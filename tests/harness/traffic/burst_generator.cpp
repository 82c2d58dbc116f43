// SPDX-License-Identifier: Apache-2.0
#include "harness/traffic/burst_generator.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "adapters/sys/clock.h"
#include "harness/host/command.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCgroups = 3;
constexpr std::size_t kPayload = 1400;
constexpr std::uint16_t kFirstPort = 6000;
constexpr std::uint16_t kBackgroundPort = 5900;
constexpr Nanoseconds kLate = 300us;  // later than this: skipped, not caught up

void sleep_until(Nanoseconds boot) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(boot);
  const timespec until{.tv_sec = seconds.count(), .tv_nsec = (boot - seconds).count()};
  (void)clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, nullptr);
}

void make_roomy(const sys::Fd& socket) {
  const int bytes = 1 << 20;
  for (const int name : {SO_SNDBUFFORCE, SO_RCVBUFFORCE}) {
    require(setsockopt(socket.get(), SOL_SOCKET, name, &bytes, sizeof(bytes)) == 0, "buffers");
  }
}

}  // namespace

BurstGenerator::BurstGenerator(const Wire& wire) : wire_(wire) {
  for (const Netns* netns : {&wire.host(), &wire.remote()}) {
    netns->sysctl("net.ipv4.tcp_slow_start_after_idle", "0");
  }
  for (std::size_t i = 0; i <= kCgroups; ++i) cgroups_.emplace_back("burst" + std::to_string(i));
  add_udp(cgroups_[0], kBackgroundPort);
  for (std::size_t i = 1; i <= kCgroups; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + 10 * i);
    add_udp(cgroups_[i], port);
    add_tcp(cgroups_[i], static_cast<std::uint16_t>(port + 1));
  }
  drain_ = std::thread([this] { drain(); });
}

BurstGenerator::~BurstGenerator() {
  ended_ = true;
  drain_.join();
}

void BurstGenerator::add_udp(const Cgroup& cgroup, std::uint16_t port) {
  Flow flow{.port = port,
            .tcp = false,
            .host = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM),
            .remote = wire_.remote().socket(AF_INET, SOCK_DGRAM)};
  bind_to(flow.host, at(kHost4, port));
  bind_to(flow.remote, at(kRemote4, port));
  connect_to(flow.host, at(kRemote4, port));
  connect_to(flow.remote, at(kHost4, port));
  make_roomy(flow.host);
  make_roomy(flow.remote);
  owners_[port] = cgroup.path();
  flows_.push_back(std::move(flow));
}

void BurstGenerator::add_tcp(const Cgroup& cgroup, std::uint16_t port) {
  const auto listener = wire_.remote().socket(AF_INET, SOCK_STREAM);
  listen_at(listener, at(kRemote4, port));
  Flow flow{.port = port,
            .tcp = true,
            .host = cgroup.socket(wire_.host(), AF_INET, SOCK_STREAM),
            .remote = {}};
  bind_to(flow.host, at(kHost4, port));
  make_roomy(flow.host);
  connect_to(flow.host, at(kRemote4, port));
  flow.remote = accept_from(listener);
  for (const auto* end : {&flow.host, &flow.remote}) {
    const int yes = 1;
    require(setsockopt(end->get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)) == 0, "nodelay");
    make_roomy(*end);
  }
  owners_[port] = cgroup.path();
  flows_.push_back(std::move(flow));
}

void BurstGenerator::drain() {
  std::vector<pollfd> ends;
  for (const Flow& flow : flows_) {
    for (const auto* end : {&flow.host, &flow.remote}) {
      ends.push_back({.fd = end->get(), .events = POLLIN, .revents = 0});
    }
  }
  std::vector<char> buffer(256 * 1024);
  while (!ended_) {
    if (poll(ends.data(), ends.size(), 20) <= 0) continue;
    for (const pollfd& end : ends) {
      while ((end.revents & POLLIN) != 0 &&
             recv(end.fd, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
      }
    }
  }
}

void BurstGenerator::run_background(const BurstPlan& plan) {
  const std::vector<char> zeros(plan.background_bytes);
  for (Nanoseconds next = sys::now().boot; !ended_; next += plan.background_every) {
    const Nanoseconds now = sys::now().boot;
    if (next < now - plan.background_every) next = now;
    sleep_until(next);
    for (const auto* end : {&flows_[0].host, &flows_[0].remote}) {
      (void)::send(end->get(), zeros.data(), zeros.size(), MSG_DONTWAIT);
    }
  }
}

void BurstGenerator::send_some(const Flow& flow, Direction direction, std::size_t bytes) {
  static const std::array<char, kPayload> zeros{};
  const int end = direction == Direction::tx ? flow.host.get() : flow.remote.get();
  for (; bytes >= kPayload; bytes -= kPayload) {
    if (::send(end, zeros.data(), zeros.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return;
  }
}

// Paced in steps of less than a window, by the clock; each third packet of a shared burst is of
// another cgroup's socket.
MeantBurst BurstGenerator::send(const BurstPlan& plan) {
  const auto pick = [&](std::size_t least, std::size_t most) {
    return std::uniform_int_distribution<std::size_t>(least, most)(random_);
  };
  const Nanoseconds length = plan.lengths[pick(0, plan.lengths.size() - 1)];
  const double rate = static_cast<double>(
      pick(plan.slowest.bits_per_second / 1000, plan.fastest.bits_per_second / 1000) * 1000);
  const Flow& flow = flows_[pick(1, flows_.size() - 1)];
  const bool shared = !flow.tcp && pick(0, 2) == 0;
  const Flow& other = flows_[1 + (static_cast<std::size_t>(&flow - &flows_[0]) + 1) % kCgroups * 2];
  MeantBurst burst{.begin = sys::now().boot,
                   .end = {},
                   .direction = pick(0, 1) == 0 ? Direction::rx : Direction::tx,
                   .ports = {flow.port}};
  if (shared && other.port != flow.port) burst.ports.push_back(other.port);
  Nanoseconds begin = burst.begin;
  std::size_t sent = 0, count = 0;
  for (Nanoseconds now = begin; now - begin < length; now = sys::now().boot) {
    const auto due =
        static_cast<std::size_t>(static_cast<double>((now - begin).count()) * rate / 8e9);
    if (due > sent + static_cast<std::size_t>(static_cast<double>(kLate.count()) * rate / 8e9)) {
      begin = now - Nanoseconds(static_cast<std::int64_t>(static_cast<double>(sent) * 8e9 / rate));
      if (now - burst.begin > 2 * length) break;
    }
    for (; sent + kPayload <= due; sent += kPayload, ++count) {
      send_some(burst.ports.size() > 1 && count % 3 == 2 ? other : flow, burst.direction, kPayload);
    }
    if (now - begin < length) sleep_until(now + 20us);
  }
  burst.end = sys::now().boot;
  return burst;
}

std::vector<MeantBurst> BurstGenerator::run(const BurstPlan& plan) {
  prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
  std::thread background([&] {
    prctl(PR_SET_TIMERSLACK, 1000, 0, 0, 0);
    run_background(plan);
  });
  std::vector<MeantBurst> bursts;
  std::uniform_int_distribution<std::int64_t> gap(plan.least_gap.count(), plan.most_gap.count());
  for (std::size_t i = 0; i < plan.count; ++i) {
    sleep_until(sys::now().boot + Nanoseconds(gap(random_)));
    bursts.push_back(send(plan));
  }
  ended_ = true;
  background.join();
  return bursts;
}

}  // namespace cgtally::harness
