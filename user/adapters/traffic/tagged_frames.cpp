// SPDX-License-Identifier: Apache-2.0
#include "adapters/traffic/tagged_frames.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::traffic {
namespace {

constexpr std::uint16_t kExperimental = 0x88b5;  // IEEE 802 local experimental
constexpr std::uint8_t kLocallyAdministered = 2;

void put(std::vector<std::uint8_t>& frame, std::uint16_t value) {
  frame.push_back(static_cast<std::uint8_t>(value >> 8));
  frame.push_back(static_cast<std::uint8_t>(value & 0xff));
}

std::vector<std::uint8_t> frame_of(const TaggedFrames& frames) {
  std::vector<std::uint8_t> frame{kLocallyAdministered, 0, 0, 0, 0, 0xfe,
                                  kLocallyAdministered, 0, 0, 0, 0, 0xfd};
  put(frame, ETHERTYPE_VLAN);
  put(frame, frames.vlan);
  put(frame, kExperimental);
  frame.resize(frames.bytes);
  return frame;
}

}  // namespace

Result<void> send_tagged(int ifindex, const TaggedFrames& frames) {
  const sys::Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(sys::error_from(errno, "open a packet socket"));
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_protocol = htons(ETHERTYPE_VLAN);
  device.sll_ifindex = ifindex;
  const auto frame = frame_of(frames);
  for (std::size_t i = 0; i < frames.count; ++i) {
    if (::sendto(socket.get(), frame.data(), frame.size(), 0,
                 reinterpret_cast<const sockaddr*>(&device), sizeof(device)) < 0) {
      return std::unexpected(sys::error_from(errno, "send a frame"));
    }
  }
  return {};
}

}  // namespace cgtally::traffic
