// SPDX-License-Identifier: Apache-2.0
// Law 3 at a queue: egress is booked where it enters the qdisc, so at any moment what is booked
// equals what the qdisc has sent, holds and has dropped.
#include <chrono>
#include <thread>

#include "adapters/netlink/qdisc.h"
#include "harness/host/command.h"
#include "netns/counting/wire_test.h"

namespace cgtally::harness {
namespace {

constexpr std::uint64_t kHeaders = 14 + 20 + 8;

struct Queue {
  Frames sent;
  Frames backlog;
  std::uint64_t drops = 0;
};

class SlowQdisc : public WireTest {
 protected:
  void slow_down(const std::string& parameters) const {
    const Inside guard(wire_.host());
    run({"tc", "-batch", "-"}, "qdisc add dev cgt0 root tbf " + parameters + "\n");
  }
  [[nodiscard]] Queue queue() const {
    const auto ifindex = wire_.host().ifindex("cgt0");
    const Inside guard(wire_.host());
    const auto stats = netlink::root_qdisc(ifindex).value();
    return {{stats.sent_bytes.value, stats.sent_packets.value},
            {stats.backlog_bytes.value, stats.backlog_packets.value},
            stats.drops.value};
  }
  // Between two packets that wait their turn the wire is quiet for longer than settle() looks.
  [[nodiscard]] Settled settle(const Counted& counted) const {
    while (queue().backlog.bytes > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return counted.settle();
  }
};

TEST_F(SlowQdisc, WhatWaitsAndWhatIsDroppedIsBookedLikeWhatIsSent) {
  constexpr std::uint64_t kPayload = 1000;
  constexpr std::uint64_t kFrame = kPayload + kHeaders;
  constexpr int kDatagrams = 400;
  const Counted counted(wire_.host_end());
  slow_down("rate 4mbit burst 10kb limit 60kb");
  const auto socket = wire_.host().socket(AF_INET, SOCK_DGRAM);
  send_datagrams(socket, remote_at(Ip::v4, 5001), kDatagrams, kPayload);

  const auto full = queue();
  const auto booked = counted.books().sum();
  EXPECT_EQ(booked.tx_packets.value, kDatagrams);
  EXPECT_EQ(full.sent.packets + full.backlog.packets + full.drops, booked.tx_packets.value);
  EXPECT_EQ(full.sent.bytes + full.backlog.bytes + full.drops * kFrame, booked.tx_bytes.value);
  EXPECT_GT(full.backlog.packets, 10u);
  EXPECT_GT(full.drops, 10u);

  const auto settled = settle(counted);
  EXPECT_EQ(settled.books.sum().tx_bytes.value,
            settled.truth.tx_bytes.value + queue().drops * kFrame);
  EXPECT_EQ(settled.books.sum().tx_packets.value, settled.truth.tx_packets.value + queue().drops);
}

TEST_F(SlowQdisc, SuperPacketsInTheQueueAreBookedAsTheFramesThatTheyWillBe) {
  const Counted counted(wire_.host_end());
  slow_down("rate 20mbit burst 100kb limit 8mb");
  const auto socket = wire_.host().socket(AF_INET, SOCK_DGRAM);
  for (int i = 0; i < 10; ++i) send_segmented(socket, remote_at(Ip::v4, 5001), 60'000, 1400);

  const auto waiting = queue();
  EXPECT_EQ(waiting.sent.bytes + waiting.backlog.bytes, counted.books().sum().tx_bytes.value);
  EXPECT_GT(waiting.backlog.bytes, 100'000u);
  EXPECT_EQ(waiting.drops, 0u);

  const auto settled = settle(counted);
  EXPECT_EQ(settled.books.sum(), settled.truth);
  EXPECT_EQ(queue().sent.bytes, settled.truth.tx_bytes.value);
  EXPECT_EQ(queue().sent.packets, settled.truth.tx_packets.value);
}

TEST_F(SlowQdisc, ATcpStreamThroughASlowQueueIsBookedAsTheWireCarriedIt) {
  const Counted counted(wire_.host_end());
  slow_down("rate 40mbit burst 100kb limit 8mb");
  const auto listener = wire_.remote().socket(AF_INET6, SOCK_STREAM);
  listen_at(listener, remote_at(Ip::v6, 5001));
  auto [host, remote] = connect_through(listener, wire_.host().socket(AF_INET6, SOCK_STREAM),
                                        remote_at(Ip::v6, 5001));
  transfer(host, remote, 2'000'000);
  close_in_order(std::move(host), std::move(remote));

  const auto settled = settle(counted);
  expect_conserved(settled, 50);
  EXPECT_EQ(queue().sent.bytes + queue().backlog.bytes, settled.truth.tx_bytes.value);
  EXPECT_EQ(queue().drops, 0u);
}

}  // namespace
}  // namespace cgtally::harness
