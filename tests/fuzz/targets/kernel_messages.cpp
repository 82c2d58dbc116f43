// SPDX-License-Identifier: Apache-2.0
// Messages of netlink, and the rings of windows, as a kernel or a damaged ledger may have them.
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <vector>

#include "adapters/bpf/ledger/windows.h"
#include "adapters/netlink/messages.h"
#include "adapters/netlink/peers/peer_messages.h"
#include "cgtally/abi.h"
#include "fuzz/target.h"

namespace cgtally::fuzz {
namespace {

constexpr std::array<std::uint16_t, 10> kTypes{
    RTM_NEWLINK, RTM_DELLINK,    RTM_NEWADDR,  RTM_DELADDR, RTM_NEWROUTE,
    RTM_NEWNSID, RTM_NEWTFILTER, RTM_NEWQDISC, 20,          (10 << 8) | 3};

void read_in_all_ways(nlmsghdr& message) {
  use(netlink::interface_in(message));
  use(netlink::addresses_in(message));
  use(netlink::default_route_in(message));
  use(netlink::counters_in(message));
  use(netlink::filter_in(message));
  use(netlink::chain_in(message));
  use(netlink::root_qdisc_in(message));
  use(netlink::tcp_socket_in(message));
  use(netlink::linked_device_in(message));
  use(netlink::device_address_in(message));
  use(netlink::target_of_link(message));
  use(netlink::target_of_address(message));
  use(netlink::nsid_in(message));
}

}  // namespace

// The first byte chooses the type of the message, the rest is its payload. The memory ends where
// the message does, so that reading on is seen.
void netlink_messages(std::string_view input) {
  if (input.empty()) return;
  const auto type = kTypes.at(static_cast<unsigned char>(input.front()) % kTypes.size());
  input.remove_prefix(1);
  std::vector<char> memory(NLMSG_HDRLEN + input.size());
  auto& message = *reinterpret_cast<nlmsghdr*>(memory.data());
  message.nlmsg_len = static_cast<std::uint32_t>(memory.size());
  message.nlmsg_type = type;
  std::memcpy(memory.data() + NLMSG_HDRLEN, input.data(), input.size());
  read_in_all_ways(message);
}

// Two CPUs' rings. No window is being written: for that a reader waits, and then says so.
void window_rings(std::string_view input) {
  using namespace std::chrono_literals;
  constexpr std::uint32_t kCpus = 2;
  constexpr std::size_t kBytes = sizeof(cgt_window_row) * kCpus * 2;
  if (input.size() < sizeof(std::uint64_t)) return;
  Nanoseconds::rep now = 0;
  std::memcpy(&now, input.data(), sizeof(now));
  input.remove_prefix(sizeof(now));
  std::string rings(input.substr(0, kBytes));
  if (rings.empty()) return;
  rings.resize(kBytes);
  for (std::size_t at = 0; at < kBytes; at += sizeof(cgt_window_row)) {
    auto* row = reinterpret_cast<cgt_window_row*>(rings.data() + at);
    for (cgt_window& window : row->ring) window.seq &= ~1U;
  }
  const MemoryFile file(rings);
  auto windows = bpf::Windows::map(file.fd(), kCpus, 1ms);
  if (!windows) return;
  for (const Direction direction : {Direction::rx, Direction::tx}) {
    use(windows->totals(direction));
    auto cursor = windows->from(direction, Nanoseconds{now & 0xff'ffff'ffff});
    if (!cursor) continue;
    const auto closed = windows->closed(*cursor, Nanoseconds{(now & 0xff'ffff'ffff) + 300'000'000});
    if (!closed) continue;
    for (std::size_t i = 1; i < closed->windows.size(); ++i) {
      require(closed->windows[i - 1].window_index <= closed->windows[i].window_index,
              "windows come in their order");
    }
  }
}

}  // namespace cgtally::fuzz
