// SPDX-License-Identifier: Apache-2.0
// Every frame that passed a device, with its time on CLOCK_BOOTTIME, as a packet socket saw it:
// the truth about the wire, without any part of cgtally. The device must neither merge nor send
// super-packets. If the log lost a frame, stop() throws.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/bursts/window.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

struct LoggedPacket {
  Nanoseconds boot{};
  std::uint32_t bytes = 0;  // of the frame
  Direction direction = Direction::rx;
  std::uint16_t local_port = 0;  // of TCP and UDP over IPv4; 0: something else
};

class PacketLog {
 public:
  PacketLog(const Netns& netns, const std::string& device);
  PacketLog(const PacketLog&) = delete;
  PacketLog& operator=(const PacketLog&) = delete;
  ~PacketLog();

  // In the order in which they passed.
  [[nodiscard]] std::vector<LoggedPacket> stop();

 private:
  void open_ring();
  void follow();
  void take_block(std::size_t index);

  sys::Fd socket_;
  std::uint8_t* ring_ = nullptr;
  std::atomic<bool> ended_{false};
  std::vector<LoggedPacket> packets_;
  std::thread thread_;
};

}  // namespace cgtally::harness
