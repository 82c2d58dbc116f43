// SPDX-License-Identifier: Apache-2.0
// Debian's redis-server in a namespace and a cgroup of the test's own, with one large value, and
// clients that ask for it at a steady pace. Clients are closed loops: each waits for its response
// before it asks again, so that a slow server gets no more requests than it can answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "harness/host/cgroup.h"
#include "harness/host/command.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

class RedisServer {
 public:
  // Ready to answer "GET value" with `value_bytes` when the object is there.
  RedisServer(const Netns& netns, const Cgroup& cgroup, std::string address,
              std::size_t value_bytes);

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] static std::uint16_t port() { return 6379; }
  [[nodiscard]] std::size_t value_bytes() const { return value_bytes_; }

 private:
  std::string address_;
  std::size_t value_bytes_;
  std::unique_ptr<Running> process_;
};

class RedisClients {
 public:
  RedisClients(const Netns& netns, const RedisServer& server, int connections);
  RedisClients(const RedisClients&) = delete;
  RedisClients& operator=(const RedisClients&) = delete;
  ~RedisClients();

  // 0: none.
  void ask(int requests_per_second) { pace_ = requests_per_second; }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }

 private:
  struct Connection;
  void run(const Netns& netns, const RedisServer& server, int connections);

  std::atomic<int> pace_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace cgtally::harness
