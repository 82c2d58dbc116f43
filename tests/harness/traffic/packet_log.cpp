// SPDX-License-Identifier: Apache-2.0
// The kernel stamps a frame in the packet socket's own hook, which runs a few microseconds after
// tc's at egress and before it at ingress, on the same CPU.
#include "harness/traffic/packet_log.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

#include "adapters/sys/clock.h"
#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

constexpr std::size_t kBlock = 1 << 20;
constexpr std::size_t kBlocks = 64;
constexpr unsigned kHeaders = 96;  // as much of a frame as is kept

std::uint16_t port_at(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}

// Local is the destination of what comes in, and the source of what goes out.
std::uint16_t local_port(const std::uint8_t* frame, std::size_t size, Direction direction) {
  if (size < 38 || port_at(frame + 12) != ETHERTYPE_IP) return 0;
  const std::uint8_t protocol = frame[23];
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return 0;
  const std::size_t ports = 14 + 4 * std::size_t{frame[14] & 15U};
  if (ports + 4 > size) return 0;
  return port_at(frame + ports + (direction == Direction::rx ? 2 : 0));
}

}  // namespace

PacketLog::PacketLog(const Netns& netns, const std::string& device)
    : socket_(netns.socket(AF_PACKET, SOCK_RAW, 0)) {
  open_ring();
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = netns.ifindex(device);
  require(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0,
          "bind a packet socket");
  thread_ = std::thread([this] { follow(); });
}

void PacketLog::open_ring() {
  sock_filter keep[] = {{BPF_RET | BPF_K, 0, 0, kHeaders}};
  const sock_fprog filter{.len = 1, .filter = keep};
  require(setsockopt(socket_.get(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0,
          "SO_ATTACH_FILTER");
  const int version = TPACKET_V3;
  require(setsockopt(socket_.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == 0,
          "PACKET_VERSION");
  tpacket_req3 ring{};
  ring.tp_block_size = kBlock;
  ring.tp_block_nr = kBlocks;
  ring.tp_frame_size = 2048;
  ring.tp_frame_nr = kBlock / 2048 * kBlocks;
  ring.tp_retire_blk_tov = 20;
  require(setsockopt(socket_.get(), SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) == 0,
          "PACKET_RX_RING");
  void* at = mmap(nullptr, kBlock * kBlocks, PROT_READ | PROT_WRITE, MAP_SHARED, socket_.get(), 0);
  require(at != MAP_FAILED, "map a packet ring");
  ring_ = static_cast<std::uint8_t*>(at);
}

PacketLog::~PacketLog() {
  ended_ = true;
  if (thread_.joinable()) thread_.join();
  munmap(ring_, kBlock * kBlocks);
}

void PacketLog::follow() {
  for (std::size_t index = 0;;) {
    const auto* block = reinterpret_cast<tpacket_block_desc*>(ring_ + index * kBlock);
    if ((__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0) {
      take_block(index);
      index = (index + 1) % kBlocks;
      continue;
    }
    if (ended_) return;
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    (void)poll(&ready, 1, 20);
  }
}

// The stamps are wall clock time. The offset to the boot clock is read for each block, so that a
// clock that is being slewed does no harm.
void PacketLog::take_block(std::size_t index) {
  auto* block = reinterpret_cast<tpacket_block_desc*>(ring_ + index * kBlock);
  const Moment now = sys::now();
  const Nanoseconds ahead = now.wall - now.boot;
  const auto* at =
      reinterpret_cast<const std::uint8_t*>(block) + block->hdr.bh1.offset_to_first_pkt;
  for (std::uint32_t left = block->hdr.bh1.num_pkts; left > 0; --left) {
    const auto* packet = reinterpret_cast<const tpacket3_hdr*>(at);
    const auto* where =
        reinterpret_cast<const sockaddr_ll*>(at + TPACKET_ALIGN(sizeof(tpacket3_hdr)));
    const auto direction = where->sll_pkttype == PACKET_OUTGOING ? Direction::tx : Direction::rx;
    packets_.push_back(
        {.boot = std::chrono::seconds(packet->tp_sec) + Nanoseconds(packet->tp_nsec) - ahead,
         .bytes = packet->tp_len,
         .direction = direction,
         .local_port = local_port(at + packet->tp_mac, packet->tp_snaplen, direction)});
    at += packet->tp_next_offset;
  }
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

std::vector<LoggedPacket> PacketLog::stop() {
  std::this_thread::sleep_for(
      std::chrono::milliseconds(60));  // until the last block is handed over
  ended_ = true;
  thread_.join();
  tpacket_stats_v3 statistics{};
  socklen_t size = sizeof(statistics);
  require(getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0,
          "PACKET_STATISTICS");
  if (statistics.tp_drops != 0) throw std::runtime_error("the log of packets has lost some");
  std::ranges::stable_sort(packets_, {}, &LoggedPacket::boot);
  return std::move(packets_);
}

}  // namespace cgtally::harness
