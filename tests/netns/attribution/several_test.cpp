// SPDX-License-Identifier: Apache-2.0
// Ports that several sockets share by a rule that a lookup does not follow: receivers of multicast,
// and reuseport groups that a program steers. A wrong name is never given. And MPTCP, whose
// subflows look like sockets of the kernel.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>

#include <fstream>

#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kSharedPort = 5353;
constexpr int kShared = 60;
constexpr std::uint64_t kSharedFrame = 14 + 20 + 8 + 300;

void must_set(const sys::Fd& socket, int level, int option, const auto& value) {
  ASSERT_EQ(setsockopt(socket.get(), level, option, &value, sizeof(value)), 0);
}

ip_mreqn membership(const char* group, const char* address) {
  ip_mreqn result{};
  EXPECT_EQ(inet_pton(AF_INET, group, &result.imr_multiaddr), 1);
  EXPECT_EQ(inet_pton(AF_INET, address, &result.imr_address), 1);
  return result;
}

class Several : public WireTest {
 protected:
  [[nodiscard]] sys::Fd member(const Cgroup& cgroup, const char* group) const {
    auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    must_set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    must_set(socket, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    must_set(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, membership(group, kHost4));
    bind_to(socket, at("0.0.0.0", kSharedPort));
    return socket;
  }

  // All datagrams go to the group's first socket, as a program that steers may decide.
  [[nodiscard]] sys::Fd steered(const Cgroup& cgroup, bool first) const {
    auto socket = cgroup.socket(wire_.host(), AF_INET, SOCK_DGRAM);
    must_set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    if (first) {
      sock_filter choose_first[] = {{BPF_RET | BPF_K, 0, 0, 0}};
      const sock_fprog program{.len = 1, .filter = choose_first};
      bind_to(socket, host_at(Ip::v4, kSharedPort));
      must_set(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program);
      return socket;
    }
    bind_to(socket, host_at(Ip::v4, kSharedPort));
    return socket;
  }

  void send_from_many_ports(const SocketAddress& to) const {
    for (int i = 0; i < kShared; ++i) {
      send_datagrams(wire_.remote().socket(AF_INET, SOCK_DGRAM), to, 1, 300);
    }
  }
};

TEST_F(Several, MulticastIsNotCountedForASocketThatDidNotJoinTheGroup) {
  const Cgroup first_group("first"), second_group("second");
  const auto first = member(first_group, "239.77.0.1");
  const auto second = member(second_group, "239.77.0.2");
  const Counted counted(wire_.host_end());
  const auto sender = wire_.remote().socket(AF_INET, SOCK_DGRAM);
  must_set(sender, IPPROTO_IP, IP_MULTICAST_IF, membership("239.77.0.1", kRemote4));
  send_datagrams(sender, at("239.77.0.1", kSharedPort), 2 * kShared, 300);
  send_datagrams(sender, at("239.77.0.2", kSharedPort), kShared, 300);
  receive_datagrams(first, 2 * kShared);
  receive_datagrams(second, kShared);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  const auto of_first = settled.books.of(first_group);
  const auto of_second = settled.books.of(second_group);
  const auto unsure = settled.books.of(AccountKind::several);
  EXPECT_TRUE(of_first == Traffic{} || of_first == received(2 * kShared, kSharedFrame))
      << settled.books;
  EXPECT_TRUE(of_second == Traffic{} || of_second == received(kShared, kSharedFrame))
      << settled.books;
  EXPECT_EQ(sum(sum(of_first, of_second), unsure), received(3 * kShared, kSharedFrame))
      << settled.books;
  EXPECT_NE(of_first, of_second) << settled.books;  // the lookup finds one of them
}

TEST_F(Several, ASteeredGroupOfSeveralCgroupsIsNotCountedForOneOfThem) {
  const Cgroup first_group("first"), second_group("second");
  const auto first = steered(first_group, true);
  const auto second = steered(second_group, false);
  const Counted counted(wire_.host_end());
  send_from_many_ports(host_at(Ip::v4, kSharedPort));
  receive_datagrams(first, kShared);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(AccountKind::several), received(kShared, kSharedFrame))
      << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

TEST_F(Several, ASteeredGroupOfOneCgroupIsThatCgroups) {
  const Cgroup group("workers");
  const auto first = steered(group, true);
  const auto second = steered(group, false);
  const Counted counted(wire_.host_end());
  send_from_many_ports(host_at(Ip::v4, kSharedPort));
  receive_datagrams(first, kShared);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.of(group), received(kShared, kSharedFrame)) << settled.books;
  EXPECT_EQ(settled.books.sum(), settled.truth);
}

// Moves this process to the root cgroup and back.
class InRootCgroup {
 public:
  InRootCgroup() {
    std::ifstream("/proc/self/cgroup") >> before_;
    enter("");
  }
  InRootCgroup(const InRootCgroup&) = delete;
  InRootCgroup& operator=(const InRootCgroup&) = delete;
  ~InRootCgroup() { enter(before_.substr(before_.rfind(':') + 1)); }

 private:
  static void enter(const std::string& path) {
    std::ofstream(cgroup2_root() + path + "/cgroup.procs") << getpid() << std::flush;
  }
  std::string before_;
};

TEST_F(Several, AnMptcpConnectionOfTheRootCgroupIsNotTheKernels) {
  const InRootCgroup root;
  const auto listener = wire_.host().socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
  listen_at(listener, host_at(Ip::v4, kSharedPort));
  const Counted counted(wire_.host_end());
  auto [client, server] =
      connect_through(listener, wire_.remote().socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP),
                      host_at(Ip::v4, kSharedPort));
  converse(client, server, 30, 500, 5000);
  const auto settled = counted.settle();
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  const Account at_root{.kind = AccountKind::cgroup, .cgroup_id = 1};
  EXPECT_EQ(settled.books.of(at_root), settled.truth) << settled.books;
}

}  // namespace
}  // namespace cgtally::harness
