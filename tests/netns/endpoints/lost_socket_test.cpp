// SPDX-License-Identifier: Apache-2.0
// What a pod sends and nobody handed over, as after GRO or a queue: no program is at the veth's
// end, so the device tells the pod, and a lookup in the pod's netns the container. Only a socket
// that alone can have sent it is believed, and only in the pod that the device tells.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/sys/clock.h"
#include "harness/traffic/frames.h"
#include "netns/endpoints/node.h"

namespace cgtally::harness {
namespace {

constexpr std::uint16_t kServed = 7001;

class LostSocket : public testing::Test {
 protected:
  LostSocket() {
    pod_.bring_up();
    other_.bring_up();
    EXPECT_TRUE(comes_true([&] {
      const auto devices = node_.known().devices;
      return node_.owner_of(pod_.v4()) == pod_group_.id() &&
             node_.owner_of(pod_.v6()) == pod_group_.id() &&
             node_.owner_of(other_.v4()) == other_group_.id() && devices.size() == 2;
    }));
    EndpointTable table;
    table.addresses = node_.known().addresses;
    table.devices = node_.known().devices;
    node_.stop();
    auto maps = node_.maps();
    EXPECT_TRUE(maps && maps->write(table));
    maps->keep(sys::now().boot + Nanoseconds(std::chrono::minutes(1)));
    EXPECT_EQ(node_.hooks(), 0U);
  }
  // What was sent since the call before, by whom.
  Traffic sent_by(const Cgroup& group) {
    auto books = node_.counted().settle().books;
    return difference(before_.of(group), books.of(group));
  }
  void begin() { before_ = node_.counted().settle().books; }

  Node node_;
  const Cgroup pod_group_{"pod"};
  const Cgroup other_group_{"other"};
  const Cgroup app_{"app"};
  const Cgroup second_{"second"};
  const Pod pod_{node_, 5};
  const Pod other_{node_, 6};
  const Inhabitant process_{pod_.netns(), pod_group_};
  const Inhabitant others_process_{other_.netns(), other_group_};
  Books before_;
};

TEST_F(LostSocket, IsFoundForConnectionsBothWaysAndForDatagrams) {
  for (const std::string& address : {pod_.v4(), pod_.v6()}) {
    const auto to = at(address, kServed);
    const auto listener = app_.socket(pod_.netns(), to.family(), SOCK_STREAM);
    listen_at(listener, to);
    auto client = node_.wire().remote().socket(to.family(), SOCK_STREAM);
    connect_to(client, to);
    auto server = accept_from(listener);
    converse(client, server, 50, 300, 30'000);
    close_in_order(std::move(client), std::move(server));
    const auto far = at(to.family() == AF_INET ? kRemote4 : kRemote6, kServed);
    const auto sink = node_.wire().remote().socket(to.family(), SOCK_STREAM);
    listen_at(sink, far);
    auto caller = app_.socket(pod_.netns(), to.family(), SOCK_STREAM);
    connect_to(caller, far);
    auto called = accept_from(sink);
    transfer(caller, called, 2'000'000);
    close_in_order(std::move(called), std::move(caller));
    const auto udp = app_.socket(pod_.netns(), to.family(), SOCK_DGRAM);
    bind_to(udp, to);
    const auto taker = node_.wire().remote().socket(to.family(), SOCK_DGRAM);
    bind_to(taker, far);
    send_datagrams(udp, far, 50, 700);
  }
  const auto settled = node_.counted().settle();
  const Traffic named = settled.books.of(app_);
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GT(named.tx_bytes.value, settled.truth.tx_bytes.value * 999 / 1000) << settled.books;
  EXPECT_TRUE(settled.books.of(other_group_).empty()) << settled.books;
}

// Its source at the uplink is the host's.
TEST_F(LostSocket, BehindNatIsFoundWhereConntrackCanBeAsked) {
  {
    const Inside guard(node_.host());
    run({"nft", "-f", "-"},
        "table ip cgtsnat { chain post { type nat hook postrouting priority 100; "
        "oifname \"cgt0\" masquerade; }; }\n");
  }
  const auto far = at(kRemote4, kServed);
  const auto sink = node_.wire().remote().socket(AF_INET, SOCK_STREAM);
  listen_at(sink, far);
  auto caller = app_.socket(pod_.netns(), AF_INET, SOCK_STREAM);
  begin();
  connect_to(caller, far);
  auto called = accept_from(sink);
  transfer(caller, called, 2'000'000);
  close_in_order(std::move(called), std::move(caller));
  const auto& owner = bpf::probe_kernel().conntrack_lookup ? app_ : pod_group_;
  EXPECT_GT(sent_by(owner).tx_bytes.value, 2'000'000U);
  EXPECT_LT(sent_by(owner.id() == app_.id() ? pod_group_ : app_).tx_bytes.value, 200U);
}

TEST_F(LostSocket, ThatSharesItsPortIsNotBelieved) {
  const auto near = at(pod_.v4(), kServed), far = at(kRemote4, 9);
  const auto first = app_.socket(pod_.netns(), AF_INET, SOCK_DGRAM);
  const auto second = second_.socket(pod_.netns(), AF_INET, SOCK_DGRAM);
  for (const auto* socket : {&first, &second}) {
    const int on = 1;
    ASSERT_EQ(setsockopt(socket->get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
    bind_to(*socket, near);
  }
  begin();
  send_datagrams(first, far, 20, 1000);
  send_datagrams(second, far, 20, 1000);
  EXPECT_EQ(sent_by(pod_group_).tx_bytes.value, 40U * 1042);
  EXPECT_TRUE(node_.counted().books().of(app_).empty());
  EXPECT_TRUE(node_.counted().books().of(second_).empty());
}

TEST_F(LostSocket, OfAnotherPodPaysNothingForWhoWritesItsAddress) {
  const auto victim = app_.socket(pod_.netns(), AF_INET, SOCK_DGRAM);
  bind_to(victim, at(pod_.v4(), kServed));
  send_datagrams(victim, at(kRemote4, 9), 1, 1000);  // makes the neighbours known
  send_datagrams(other_group_.socket(other_.netns(), AF_INET, SOCK_DGRAM), at(kRemote4, 9), 1, 10);
  begin();
  const auto raw = other_group_.socket(other_.netns(), AF_INET, SOCK_RAW, IPPROTO_RAW);
  const auto packet = ip4({.source = pod_.v4(), .destination = kRemote4}, udp(kServed, 9, 1000));
  const auto to = at(kRemote4, 0);
  for (int i = 0; i < 30; ++i) {
    ASSERT_GT(sendto(raw.get(), packet.data(), packet.size(), 0, to.get(), to.size), 0);
  }
  EXPECT_EQ(sent_by(other_group_).tx_bytes.value, 30U * 1042);
  EXPECT_EQ(sent_by(app_).tx_bytes.value, 0U);
  EXPECT_EQ(sent_by(pod_group_).tx_bytes.value, 0U);
}

}  // namespace
}  // namespace cgtally::harness
