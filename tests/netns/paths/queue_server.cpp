// SPDX-License-Identifier: Apache-2.0
// Plain netlink: a message to nfnetlink_queue has one attribute here, or none that we wait for.
#include "netns/paths/queue_server.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "harness/host/command.h"

namespace cgtally::harness {
namespace {

constexpr int kReceiveBuffer = 8 << 20;

// The id of each packet in the messages of one datagram.
std::vector<std::uint32_t> packet_ids(const std::vector<char>& buffer, std::size_t size) {
  std::vector<std::uint32_t> ids;
  auto left = static_cast<unsigned>(size);
  const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
  for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
    const auto type = (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET;
    if (header->nlmsg_type != type) continue;
    // The attribute with the packet's id is the first one.
    const auto* attribute =
        static_cast<const char*>(NLMSG_DATA(header)) + NLMSG_ALIGN(sizeof(nfgenmsg));
    nfqnl_msg_packet_hdr packet{};
    std::memcpy(&packet, attribute + NLA_HDRLEN, sizeof(packet));
    ids.push_back(packet.packet_id);
  }
  return ids;
}

}  // namespace

bool queue_forwarded(const Netns& netns, std::uint16_t queue) {
  const auto number = std::to_string(queue);
  const Inside guard(netns);
  const auto by_nft = finish({"nft", "-f", "-"},
                             "table inet cgtqueue { chain forward { type filter hook forward "
                             "priority 0; policy accept; queue num " +
                                 number + "; }; }\n");
  if (by_nft.exit_code == 0) return true;
  try {
    return finish({"iptables", "-A", "FORWARD", "-j", "NFQUEUE", "--queue-num", number})
               .exit_code == 0;
  } catch (const std::exception&) {
    return false;  // there is no iptables
  }
}

QueueServer::QueueServer(const Netns& netns, std::uint16_t queue)
    : queue_(queue), socket_(netns.socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)) {
  require(setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer,
                     sizeof(kReceiveBuffer)) == 0,
          "SO_RCVBUFFORCE");
  const nfqnl_msg_config_cmd bind{.command = NFQNL_CFG_CMD_BIND, ._pad = 0, .pf = htons(AF_UNSPEC)};
  send(NFQNL_MSG_CONFIG, &bind, NFQA_CFG_CMD, sizeof(bind));
  const nfqnl_msg_config_params copy{.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_META};
  send(NFQNL_MSG_CONFIG, &copy, NFQA_CFG_PARAMS, sizeof(copy));
  thread_ = std::thread([this] { serve(); });
}

QueueServer::~QueueServer() {
  ended_ = true;
  thread_.join();
}

void QueueServer::send(std::uint16_t type, const void* attribute, std::uint16_t attribute_type,
                       std::uint16_t bytes) const {
  struct {
    nlmsghdr header;
    nfgenmsg queue;
    nlattr attribute;
    std::array<char, 32> value;
  } message{};
  message.header.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(nfgenmsg)) + NLA_HDRLEN + NLA_ALIGN(bytes));
  message.header.nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_QUEUE << 8) | type);
  message.header.nlmsg_flags = NLM_F_REQUEST;
  message.queue = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(queue_)};
  message.attribute = {.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + bytes),
                       .nla_type = attribute_type};
  std::memcpy(message.value.data(), attribute, bytes);
  require(::send(socket_.get(), &message, message.header.nlmsg_len, 0) ==
              static_cast<ssize_t>(message.header.nlmsg_len),
          "send to nfnetlink_queue");
}

void QueueServer::serve() const {
  std::vector<char> buffer(1 << 17);
  while (!ended_) {
    pollfd ready{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 20) <= 0) continue;
    const auto got = recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) continue;
    for (const auto id : packet_ids(buffer, static_cast<std::size_t>(got))) {
      const nfqnl_msg_verdict_hdr verdict{.verdict = htonl(NF_ACCEPT), .id = id};
      send(NFQNL_MSG_VERDICT, &verdict, NFQA_VERDICT_HDR, sizeof(verdict));
    }
  }
}

}  // namespace cgtally::harness
