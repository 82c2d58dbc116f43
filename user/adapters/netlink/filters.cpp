// SPDX-License-Identifier: Apache-2.0
#include "adapters/netlink/filters.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cerrno>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"

namespace cgtally::netlink {
namespace {}  // namespace

std::optional<Filter> filter_in(nlmsghdr& message) {
  const auto header = header_of<tcmsg>(message);
  if (!header || message.nlmsg_type != RTM_NEWTFILTER) return std::nullopt;
  const Attributes<TCA_CHAIN> attributes(message, sizeof(*header));
  const Attributes<TCA_BPF_MAX> bpf(attributes[TCA_OPTIONS]);
  Filter filter;
  filter.preference = TC_H_MAJ(header->tcm_info) >> 16;
  filter.handle = header->tcm_handle;
  filter.chain = attributes.value<std::uint32_t>(TCA_CHAIN).value_or(0);
  filter.any_protocol = TC_H_MIN(header->tcm_info) == htons(ETH_P_ALL);
  filter.kind = attributes.text(TCA_KIND);
  if (filter.kind == "bpf") {
    filter.bpf_name = bpf.text(TCA_BPF_NAME);
    filter.bpf_program_id = bpf.value<std::uint32_t>(TCA_BPF_ID).value_or(0);
  }
  return filter;
}

Result<std::vector<Filter>> list_filters(int ifindex, Chain chain) {
  auto socket = Socket::open();
  if (!socket) return std::unexpected(std::move(socket).error());
  tcmsg header{};
  header.tcm_ifindex = ifindex;
  header.tcm_parent =
      TC_H_MAKE(TC_H_CLSACT, chain == Chain::ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
  auto found = socket->dump<Filter>("list tc filters", Request(RTM_GETTFILTER, header), filter_in);
  // A kernel without any clsact qdisc here may answer that the parent does not exist.
  if (!found && (found.error().code == EINVAL || found.error().code == ENOENT)) {
    return std::vector<Filter>{};
  }
  return found;
}

}  // namespace cgtally::netlink
