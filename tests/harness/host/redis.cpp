// SPDX-License-Identifier: Apache-2.0
#include "harness/host/redis.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "harness/traffic/traffic.h"

namespace cgtally::harness {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::string_view kGet = "*2\r\n$3\r\nGET\r\n$5\r\nvalue\r\n";

std::string set_command(std::size_t bytes) {
  return "*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$" + std::to_string(bytes) + "\r\n" +
         std::string(bytes, 'x') + "\r\n";
}

// "$32000\r\n", the value, "\r\n".
std::size_t response_bytes(std::size_t value_bytes) {
  return 1 + std::to_string(value_bytes).size() + 2 + value_bytes + 2;
}

void send_all(const sys::Fd& socket, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    require(sent > 0, "send to redis");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

RedisServer::RedisServer(const Netns& netns, const Cgroup& cgroup, std::string address,
                         std::size_t value_bytes)
    : address_(std::move(address)), value_bytes_(value_bytes) {
  const std::string enter = "echo $$ > " + cgroup2_root() + cgroup.path() + "/cgroup.procs && exec";
  process_ = std::make_unique<Running>(std::vector<std::string>{
      "sh", "-c",
      enter + " nsenter --net=" + netns.path() + " redis-server --bind " + address_ + " --port " +
          std::to_string(port()) + " --save '' --appendonly no --protected-mode no --dir /tmp"});
  for (int attempt = 0; attempt < 2400; ++attempt) {
    try {
      const sys::Fd socket = netns.socket(AF_INET, SOCK_STREAM);
      connect_to(socket, at(address_, port()));
      send_all(socket, set_command(value_bytes));
      std::array<char, 16> answer{};
      require(::recv(socket.get(), answer.data(), answer.size(), 0) == 5, "redis' answer to SET");
      return;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(25ms);
    }
  }
  throw std::runtime_error("redis-server does not answer: " + process_->said());
}

struct RedisClients::Connection {
  sys::Fd socket;
  std::size_t awaited = 0;  // bytes of the current response that are to come
  Clock::time_point next{};
};

RedisClients::RedisClients(const Netns& netns, const RedisServer& server, int connections)
    : thread_([this, &netns, &server, connections] { run(netns, server, connections); }) {}

RedisClients::~RedisClients() {
  ended_ = true;
  thread_.join();
}

void RedisClients::run(const Netns& netns, const RedisServer& server, int connections) {
  std::vector<Connection> all(static_cast<std::size_t>(connections));
  std::vector<pollfd> waiting(all.size());
  for (Connection& one : all) {
    one.socket = netns.socket(AF_INET, SOCK_STREAM);
    connect_to(one.socket, at(server.address(), RedisServer::port()));
  }
  std::vector<char> sink(1 << 16);
  while (!ended_) {
    const int pace = pace_;
    const auto now = Clock::now();
    for (std::size_t i = 0; i < all.size(); ++i) {
      Connection& one = all[i];
      waiting[i] = {.fd = one.socket.get(), .events = POLLIN, .revents = 0};
      if (pace == 0 || one.awaited > 0 || now < one.next) continue;
      // A late client does not catch up: that would be a burst of its own.
      const auto period = std::chrono::nanoseconds(1s) * connections / pace;
      one.next = one.next + period > now ? one.next + period
                                         : now + period * static_cast<int>(i) / connections;
      send_all(one.socket, kGet);
      one.awaited = response_bytes(server.value_bytes());
    }
    if (::poll(waiting.data(), waiting.size(), 1) <= 0) continue;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (waiting[i].revents == 0) continue;
      const ssize_t got = ::recv(all[i].socket.get(), sink.data(), sink.size(), MSG_DONTWAIT);
      if (got <= 0) continue;
      all[i].awaited -= std::min(all[i].awaited, static_cast<std::size_t>(got));
      if (all[i].awaited == 0) ++answered_;
    }
  }
}

}  // namespace cgtally::harness
