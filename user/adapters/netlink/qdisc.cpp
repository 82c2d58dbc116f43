// SPDX-License-Identifier: Apache-2.0
// Dumps all qdiscs: kernels before 6.8 answer a request for one qdisc to every listener of the
// host's tc events, too. The kernel does not filter a dump by interface.
#include "adapters/netlink/qdisc.h"

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"

namespace cgtally::netlink {
namespace {

// The kernel's gnet_stats_basic ends in padding that not every kernel sends.
struct [[gnu::packed]] BasicStats {
  std::uint64_t bytes;
  std::uint32_t packets;
};

QdiscStats parse_stats(const Attributes<TCA_STATS2>& attributes) {
  QdiscStats stats;
  stats.kind = attributes.text(TCA_KIND);
  const Attributes<TCA_STATS_MAX> nested(attributes[TCA_STATS2]);
  const auto basic = nested.value<BasicStats>(TCA_STATS_BASIC).value_or(BasicStats{});
  const auto queue = nested.value<gnet_stats_queue>(TCA_STATS_QUEUE).value_or(gnet_stats_queue{});
  stats.sent_bytes = Bytes{basic.bytes};
  // The kernel sends the 64-bit count only if 32 bits do not suffice.
  stats.sent_packets =
      Packets{nested.value<std::uint64_t>(TCA_STATS_PKT64).value_or(basic.packets)};
  stats.backlog_bytes = Bytes{queue.backlog};
  stats.backlog_packets = Packets{queue.qlen};
  stats.drops = Packets{queue.drops};
  return stats;
}

}  // namespace

std::optional<RootQdisc> root_qdisc_in(nlmsghdr& message) {
  const auto header = header_of<tcmsg>(message);
  const bool wanted =
      header && message.nlmsg_type == RTM_NEWQDISC && header->tcm_parent == TC_H_ROOT;
  if (!wanted) return std::nullopt;
  return RootQdisc{header->tcm_ifindex,
                   parse_stats(Attributes<TCA_STATS2>(message, sizeof(*header)))};
}

Result<std::map<int, QdiscStats>> root_qdiscs() {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  auto found =
      socket->dump<RootQdisc>("list qdiscs", Request(RTM_GETQDISC, tcmsg{}), root_qdisc_in);
  if (!found) return std::unexpected(std::move(found).error());
  return std::map<int, QdiscStats>(found->begin(), found->end());
}

Result<QdiscStats> root_qdisc(int ifindex) {
  const auto all = root_qdiscs();
  if (!all) return std::unexpected(all.error());
  const auto found = all->find(ifindex);
  return found == all->end() ? QdiscStats{} : found->second;
}

Result<bool> has_clsact(int ifindex) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  const auto parse = [ifindex](nlmsghdr& message) -> std::optional<bool> {
    const auto header = header_of<tcmsg>(message);
    const bool there = header && message.nlmsg_type == RTM_NEWQDISC &&
                       header->tcm_ifindex == ifindex && header->tcm_parent == TC_H_CLSACT;
    return there ? std::optional(true) : std::nullopt;
  };
  const auto found = socket->dump<bool>("list qdiscs", Request(RTM_GETQDISC, tcmsg{}), parse);
  if (!found) return std::unexpected(found.error());
  return !found->empty();
}

}  // namespace cgtally::netlink
