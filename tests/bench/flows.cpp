// SPDX-License-Identifier: Apache-2.0
#include "bench/flows.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <string>

#include "adapters/cgroupfs/mount.h"
#include "adapters/sys/error.h"

namespace cgtally::bench {
namespace {

constexpr std::uint16_t kServerPort = 20000;
constexpr std::uint16_t kFirstPeerPort = 1024;
constexpr std::uint32_t kPeerNet = 0x7f010000;  // 127.1.0.0/16, one address for each peer

std::unexpected<Error> failed(const char* what) {
  return std::unexpected(sys::error_from(errno, what));
}

template <typename T>
const sockaddr* as_sockaddr(const T& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

sockaddr_in ipv4(std::uint32_t address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(address);
  to.sin_port = htons(port);
  return to;
}

sockaddr_in6 ipv6_loopback(std::uint16_t port) {
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_addr = in6addr_loopback;
  to.sin6_port = htons(port);
  return to;
}

std::uint32_t port_word(in_port_t source, in_port_t destination) {
  std::array<in_port_t, 2> ports{source, destination};
  std::uint32_t word = 0;
  std::memcpy(&word, ports.data(), sizeof(word));
  return word;
}

Tuple tuple4(const sockaddr_in& peer, const sockaddr_in& local) {
  Tuple tuple;
  tuple.words = {peer.sin_addr.s_addr, local.sin_addr.s_addr,
                 port_word(peer.sin_port, local.sin_port)};
  return tuple;
}

Tuple tuple6(const sockaddr_in6& peer, const sockaddr_in6& local) {
  Tuple tuple;
  std::memcpy(&tuple.words[0], &peer.sin6_addr, 16);
  std::memcpy(&tuple.words[4], &local.sin6_addr, 16);
  tuple.words[8] = port_word(peer.sin6_port, local.sin6_port);
  return tuple;
}

// A socket that believes to be connected; nothing is sent, nobody answers.
int connect_in_repair(int domain, const sockaddr* peer, socklen_t size) {
  const int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on)) != 0 ||
      connect(fd, peer, size) != 0) {
    return -1;
  }
  return fd;
}

// Runs `make` in a child that is born in the cgroup and shares our descriptors: a socket belongs to
// the cgroup of the process that makes it, and moving ourselves would cost a grace period each
// time.
int make_in_cgroup(const std::string& path, const std::function<int()>& make) {
  const sys::Fd cgroup(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  static auto* made = static_cast<int*>(
      mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP | CLONE_FILES | CLONE_VFORK;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<std::uint64_t>(cgroup.get());
  *made = -1;
  const long child = syscall(SYS_clone3, &arguments, sizeof(arguments));
  if (child == 0) {
    *made = make();
    _exit(0);
  }
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return *made;
}

}  // namespace

Result<void> enter_private_netns() {
  if (unshare(CLONE_NEWNET) != 0) return failed("make a netns");
  const sys::Fd socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  if (ioctl(socket_fd.get(), SIOCSIFFLAGS, &request) != 0) return failed("bring lo up");
  return {};
}

Result<void> Flows::add_tcp(bool ipv6, std::uint32_t index) {
  const sockaddr_in peer4 = ipv4(kPeerNet + index + 1, kServerPort);
  const sockaddr_in6 peer6 = ipv6_loopback(static_cast<std::uint16_t>(kFirstPeerPort + index));
  const auto make = [&] {
    return ipv6 ? connect_in_repair(AF_INET6, as_sockaddr(peer6), sizeof(peer6))
                : connect_in_repair(AF_INET, as_sockaddr(peer4), sizeof(peer4));
  };
  sys::Fd made(cgroups_.empty() ? make() : make_in_cgroup(cgroups_[index % cgroups_.size()], make));
  if (!made) return failed("make a TCP socket");
  sockaddr_in local4{};
  sockaddr_in6 local6{};
  socklen_t size = ipv6 ? sizeof(local6) : sizeof(local4);
  auto* local = ipv6 ? reinterpret_cast<sockaddr*>(&local6) : reinterpret_cast<sockaddr*>(&local4);
  if (getsockname(made.get(), local, &size) != 0) return failed("name a TCP socket");
  tuples_.push_back(ipv6 ? tuple6(peer6, local6) : tuple4(peer4, local4));
  sockets_.push_back(std::move(made));
  return {};
}

Result<void> Flows::add_udp(Protocol protocol, std::uint32_t flows) {
  const bool ipv6 = protocol == Protocol::udp6;
  const sockaddr_in local4 = ipv4(INADDR_LOOPBACK, kServerPort);
  const sockaddr_in6 local6 = ipv6_loopback(kServerPort);
  sys::Fd server(socket(ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int shared = protocol == Protocol::udp4_shared ? 1 : 0;
  if (setsockopt(server.get(), SOL_SOCKET, SO_REUSEADDR, &shared, sizeof(shared)) != 0)
    return failed("share a UDP server's port");
  const int bound = ipv6 ? bind(server.get(), as_sockaddr(local6), sizeof(local6))
                         : bind(server.get(), as_sockaddr(local4), sizeof(local4));
  if (bound != 0) return failed("bind a UDP server");
  for (std::uint32_t i = 0; i < flows; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstPeerPort + i % 60000);
    tuples_.push_back(ipv6 ? tuple6(ipv6_loopback(port), local6)
                           : tuple4(ipv4(kPeerNet + i / 60000 + 1, port), local4));
  }
  sockets_.push_back(std::move(server));
  return {};
}

Result<Flows> Flows::make(Protocol protocol, std::uint32_t accounts, std::uint32_t flows) {
  Flows made;
  if (accounts > 1) {
    auto mount = cgroupfs::cgroup2_mount("");
    if (!mount) return std::unexpected(std::move(mount).error());
    for (std::uint32_t i = 0; i < accounts; ++i) {
      made.cgroups_.push_back(*mount + "/cgt-bench-" + std::to_string(getpid()) + "-" +
                              std::to_string(i));
      if (mkdir(made.cgroups_.back().c_str(), 0755) != 0) return failed("make a cgroup");
    }
  }
  const bool ipv6 = protocol == Protocol::tcp6;
  if (protocol != Protocol::tcp4 && !ipv6) {
    if (auto added = made.add_udp(protocol, flows); !added) {
      return std::unexpected(std::move(added).error());
    }
    return made;
  }
  for (std::uint32_t i = 0; i < flows; ++i) {
    if (auto added = made.add_tcp(ipv6, i); !added)
      return std::unexpected(std::move(added).error());
  }
  return made;
}

Flows::~Flows() {
  sockets_.clear();
  for (const std::string& path : cgroups_) rmdir(path.c_str());
}

}  // namespace cgtally::bench
