// SPDX-License-Identifier: Apache-2.0
#include "e2e/bursts/burst_scene.h"

#include <chrono>
#include <thread>

#include "adapters/sys/clock.h"
#include "harness/traffic/traffic.h"

namespace cgtally::harness {

using namespace std::chrono_literals;

// So that a log of packets is one of frames.
BurstScene::BurstScene() {
  const Inside guard(wire.host());
  run({"ethtool", "-K", "cgt0", "tso", "off", "gso", "off", "gro", "off", "tx-udp-segmentation",
       "off"});
}

Words BurstScene::bursts(const Words& more) const {
  Words words = command("bursts", {"--csv", "-"});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void send_bursts(const Wire& wire, int count) {
  const auto host = wire.host().socket(AF_INET, SOCK_DGRAM);
  const auto remote = wire.remote().socket(AF_INET, SOCK_DGRAM);
  bind_to(host, at(kHost4, 5100));
  bind_to(remote, at(kRemote4, 5100));
  for (int i = 0; i < count; ++i) {
    send_datagrams(host, at(kRemote4, 5100), 100, 1200);
    std::this_thread::sleep_for(30ms);
    send_datagrams(remote, at(kHost4, 5100), 100, 1200);
    std::this_thread::sleep_for(30ms);
  }
}

void send_evenly(const Wire& wire, Nanoseconds length, int datagrams) {
  const auto socket = wire.host().socket(AF_INET, SOCK_DGRAM);
  const Nanoseconds begin = sys::now().boot;
  std::int64_t sent = 0;
  while (sys::now().boot < begin + length) {
    for (; sent < (sys::now().boot - begin) / 1ms; ++sent) {
      send_datagrams(socket, at(kRemote4, 5100), datagrams, 1200);
    }
    std::this_thread::sleep_for(300us);
  }
}

std::uint64_t bytes_between(const std::vector<LoggedPacket>& log, Direction direction,
                            Nanoseconds from, Nanoseconds to) {
  std::uint64_t bytes = 0;
  for (const LoggedPacket& packet : log) {
    const bool within = from <= packet.boot && packet.boot < to;
    if (within && packet.direction == direction) bytes += packet.bytes;
  }
  return bytes;
}

bool missed_no_window(const std::string& said) {
  return said.find("\n  windows   0 windows missed") != std::string::npos;
}

std::size_t count_of(const std::string& text, const std::string& words) {
  std::size_t count = 0;
  for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++count;
  return count;
}

}  // namespace cgtally::harness
