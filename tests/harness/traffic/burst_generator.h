// SPDX-License-Identifier: Apache-2.0
// Sends bursts over a wire, in both directions, by TCP and UDP, from several cgroups, while a
// steady background runs. It reports what it meant to send; a packet log (packet_log.h) shows what
// really left, and when.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

#include "core/bursts/window.h"
#include "harness/host/cgroup.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

struct MeantBurst {
  Nanoseconds begin{};  // boot time; no packet of the burst was sent before
  Nanoseconds end{};    // boot time; after it only what queues still held
  Direction direction = Direction::tx;
  std::vector<std::uint16_t> ports;  // local ones, of the flows that take part
};

struct BurstPlan {
  std::size_t count = 1000;
  std::vector<Nanoseconds> lengths;
  BitRate slowest, fastest;
  Nanoseconds least_gap{};
  Nanoseconds most_gap{};
  std::uint32_t background_bytes = 0;  // of a datagram, one in each direction
  Nanoseconds background_every{};      // between two of them
};

class BurstGenerator {
 public:
  explicit BurstGenerator(const Wire& wire);
  BurstGenerator(const BurstGenerator&) = delete;
  BurstGenerator& operator=(const BurstGenerator&) = delete;
  ~BurstGenerator();

  [[nodiscard]] std::vector<MeantBurst> run(const BurstPlan& plan);
  // The cgroups of the host's sockets.
  [[nodiscard]] const std::map<std::uint16_t, std::string>& owners() const { return owners_; }

 private:
  struct Flow {
    std::uint16_t port = 0;
    bool tcp = false;
    sys::Fd host;
    sys::Fd remote;
  };
  void add_udp(const Cgroup& cgroup, std::uint16_t port);
  void add_tcp(const Cgroup& cgroup, std::uint16_t port);
  void drain();
  void run_background(const BurstPlan& plan);
  MeantBurst send(const BurstPlan& plan);
  static void send_some(const Flow& flow, Direction direction, std::size_t bytes);

  const Wire& wire_;
  std::vector<Cgroup> cgroups_;
  std::vector<Flow> flows_;
  std::map<std::uint16_t, std::string> owners_;
  std::mt19937 random_{20261122};
  std::atomic<bool> ended_{false};
  std::thread drain_;
};

}  // namespace cgtally::harness
