// SPDX-License-Identifier: Apache-2.0
// The first question about iptables-legacy's table would load the module and put its hooks into the
// path of every packet, and so would one about nftables. Therefore both ask first whether it is in
// the kernel.
#include "adapters/netlink/nft_chains.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <sys/socket.h>

#include <fstream>

#include "adapters/netlink/messages.h"
#include "adapters/netlink/socket.h"
#include "adapters/sys/fd.h"

namespace cgtally::netlink {
namespace {

// /sys/module does not list all that is built in.
bool nftables_is_in_kernel() {
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);) {
    if (line.contains(" nf_tables_getchain")) return true;
  }
  return false;
}

bool legacy_nat_is_loaded() {
  std::ifstream names("/proc/net/ip_tables_names");
  for (std::string name; std::getline(names, name);) {
    if (name == "nat") return true;
  }
  return false;
}

}  // namespace

std::optional<NftChain> chain_in(nlmsghdr& message) {
  constexpr int kNewChain = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN;
  const auto header = header_of<nfgenmsg>(message);
  if (!header || message.nlmsg_type != kNewChain) return std::nullopt;
  const Attributes<NFTA_CHAIN_MAX> attributes(message, sizeof(*header));
  return NftChain{.table = attributes.text(NFTA_CHAIN_TABLE),
                  .name = attributes.text(NFTA_CHAIN_NAME)};
}

Result<std::vector<NftChain>> list_nft_chains() {
  if (!nftables_is_in_kernel()) return std::vector<NftChain>{};
  auto socket = Socket::open(NETLINK_NETFILTER);
  if (!socket) return std::unexpected(std::move(socket).error());
  const Request request(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN,
                        nfgenmsg{.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = 0});
  return socket->dump<NftChain>("list the chains of nftables", request, chain_in);
}

// A chain of one's own begins with an ERROR target that has its name; nothing else in the blob has.
bool legacy_nat_has_chain(std::string_view chain) {
  if (!legacy_nat_is_loaded()) return false;
  const sys::Fd socket(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  ipt_getinfo info{};
  std::string_view("nat").copy(info.name, sizeof info.name - 1);
  socklen_t length = sizeof info;
  if (!socket || getsockopt(socket.get(), IPPROTO_IP, IPT_SO_GET_INFO, &info, &length) != 0) {
    return false;
  }
  std::string blob(sizeof(ipt_get_entries) + info.size, '\0');
  ipt_get_entries request{};
  std::string_view("nat").copy(request.name, sizeof request.name - 1);
  request.size = info.size;
  blob.replace(0, sizeof request, reinterpret_cast<const char*>(&request), sizeof request);
  length = static_cast<socklen_t>(blob.size());
  return getsockopt(socket.get(), IPPROTO_IP, IPT_SO_GET_ENTRIES, blob.data(), &length) == 0 &&
         blob.contains(std::string(chain) + '\0');
}

}  // namespace cgtally::netlink
