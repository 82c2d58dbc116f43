// SPDX-License-Identifier: Apache-2.0
#include "bench/nat_flows.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "adapters/netlink/peers/peers.h"
#include "adapters/sys/error.h"

namespace cgtally::bench {
namespace {

constexpr std::uint16_t kServicePort = 80;
constexpr char kServer[] = "127.0.0.2";
constexpr std::uint16_t kRealPort = 20000;
constexpr char kHost[] = "127.0.0.1";
constexpr char kMasqueraded[] = "127.0.0.3";
constexpr char kPod[] = "10.88.0.2";

// A service at 10.96.0.1:80 that the server stands for, and a pod net behind the host.
constexpr char kRules[] =
    "ip link set lo up && ip route add 10.96.0.1 dev lo && ip route add 10.88.0.0/16 dev lo && "
    "echo 1 > /proc/sys/net/ipv4/ip_forward && nft 'table ip cgt {\n"
    "chain out { type nat hook output priority -100;\n"
    "ip daddr 10.96.0.1 tcp dport 80 dnat to 127.0.0.2:20000\n}\n"
    "chain pre { type nat hook prerouting priority -100;\n}\n"
    "chain post { type nat hook postrouting priority 100;\n"
    "ip saddr 10.88.0.0/16 snat to 127.0.0.3\n}\n}'";

sockaddr_in address_of(const char* ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, ip, &address.sin_addr);
  return address;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Tuple tuple_of(const sockaddr_in& source, const sockaddr_in& destination) {
  const in_port_t ports[] = {source.sin_port, destination.sin_port};
  Tuple tuple;
  tuple.words = {source.sin_addr.s_addr, destination.sin_addr.s_addr};
  std::memcpy(&tuple.words[2], ports, sizeof(ports));
  return tuple;
}

std::unexpected<Error> cannot(const char* what) {
  return std::unexpected(sys::error_from(errno, what));
}

}  // namespace

// A handshake at least begins, so that conntrack knows the flow. The pod's cannot end: nobody is
// there.
Result<void> NatFlows::connect_from(const char* address, const char* to, std::uint16_t port) {
  const int on = 1;
  const sockaddr_in real = address_of(kServer, kRealPort);
  const sockaddr_in target = address_of(to, port);
  sockaddr_in own = address_of(address, 0);
  socklen_t size = sizeof(own);
  server_ = sys::Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  client_ = sys::Fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!server_ || !client_ || bind(server_.get(), generic(real), sizeof(real)) != 0 ||
      listen(server_.get(), 1) != 0 ||
      setsockopt(client_.get(), SOL_IP, IP_TRANSPARENT, &on, sizeof(on)) != 0 ||
      bind(client_.get(), generic(own), sizeof(own)) != 0 ||
      (connect(client_.get(), generic(target), sizeof(target)) != 0 && errno != EINPROGRESS) ||
      getsockname(client_.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return cannot("open a connection that NAT rewrites");
  }
  sockaddr_in seen = address == kPod ? address_of(kMasqueraded, 0) : own;
  seen.sin_port = own.sin_port;
  reply_ = tuple_of(real, seen);
  return {};
}

Result<void> NatFlows::connect_in_pod() {
  const sys::Fd host(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!host || unshare(CLONE_NEWNET) != 0) return cannot("make a pod's netns");
  pod_ = sys::Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!pod_ || std::system("ip link set lo up && ip addr add 10.88.0.2/32 dev lo") != 0) {
    return std::unexpected(sys::error_from(EINVAL, "set the pod's address by ip"));
  }
  auto connected = connect_from(kPod, kServer, kRealPort);
  if (setns(host.get(), CLONE_NEWNET) != 0) return cannot("return from the pod's netns");
  if (!connected) return connected;
  const auto nsid = netlink::find_or_assign_nsid(pod_.get());
  if (!nsid) return std::unexpected(nsid.error());
  reply_.words[1] = address_of(kPod, 0).sin_addr.s_addr;  // nobody masquerades it
  struct stat netns{};
  if (fstat(pod_.get(), &netns) != 0) return cannot("ask for the pod's netns");
  endpoint_ = PodEndpoint{.address = reply_.words[1],
                          .nsid = *nsid,
                          .netns_inode = static_cast<std::uint32_t>(netns.st_ino)};
  return {};
}

Result<NatFlows> NatFlows::make(NatFlow flow) {
  NatFlows made(sys::Fd(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)));
  if (!made.before_ || unshare(CLONE_NEWNET) != 0) return cannot("make a netns");
  if (std::system(kRules) != 0) {
    return std::unexpected(sys::error_from(EINVAL, "set NAT rules by ip and nft"));
  }
  Result<void> connected;
  switch (flow) {
    case NatFlow::to_socket:
      connected = made.connect_from(kHost, "10.96.0.1", kServicePort);
      break;
    case NatFlow::to_foreign:
      connected = made.connect_from(kPod, kServer, kRealPort);
      break;
    case NatFlow::to_pod:
      connected = made.connect_in_pod();
      break;
    case NatFlow::none:
      made.reply_ = tuple_of(address_of(kServer, kRealPort), address_of(kPod, 4000));
      break;
  }
  if (!connected) return std::unexpected(std::move(connected).error());
  return made;
}

NatFlows::~NatFlows() {
  if (before_) setns(before_.get(), CLONE_NEWNET);
}

}  // namespace cgtally::bench
