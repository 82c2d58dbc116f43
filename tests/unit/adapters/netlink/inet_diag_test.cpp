// SPDX-License-Identifier: Apache-2.0
// Reads as much of tcp_info as the kernel sent: its length differs between kernels. The test lays
// tcp_info out with the kernel's own header.
#include <gtest/gtest.h>
#include <linux/tcp.h>

#include <cstddef>

#include "adapters/netlink/inet_diag.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

tcp_info example() {
  tcp_info info{};
  info.tcpi_rtt = 120'000;
  info.tcpi_min_rtt = 250;
  info.tcpi_last_data_sent = 40;
  info.tcpi_bytes_retrans = 5'000'000'000;
  info.tcpi_bytes_sent = 77;
  return info;
}

TcpSocketFacts facts_of(const tcp_info& info, std::size_t bytes) {
  TcpSocketFacts facts;
  netlink::read_tcp_info({reinterpret_cast<const std::byte*>(&info), bytes}, facts);
  return facts;
}

TEST(TcpInfo, AllThatIsKnownIsTakenFromAWholeOne) {
  const auto facts = facts_of(example(), sizeof(tcp_info));
  EXPECT_EQ(facts.rtt, Nanoseconds(120ms));
  EXPECT_EQ(facts.min_rtt, Nanoseconds(250us));
  EXPECT_EQ(facts.since_sent, 40ms);
  EXPECT_EQ(facts.retransmitted.value, 5'000'000'000U);
}

TEST(TcpInfo, AShorterOneOfAnOlderKernelLacksOnlyWhatIsBehindItsEnd) {
  const auto facts = facts_of(example(), offsetof(tcp_info, tcpi_bytes_retrans) + 7);
  EXPECT_EQ(facts.rtt, Nanoseconds(120ms));
  EXPECT_EQ(facts.min_rtt, Nanoseconds(250us));
  EXPECT_EQ(facts.retransmitted.value, 0U);
  EXPECT_FALSE(facts_of(example(), offsetof(tcp_info, tcpi_min_rtt)).min_rtt);
  EXPECT_FALSE(facts_of(example(), 0).rtt);
}

TEST(TcpInfo, BeforeTheFirstSampleThereIsNoRoundTripTime) {
  tcp_info info = example();
  info.tcpi_rtt = 0;
  info.tcpi_min_rtt = ~0U;
  const auto facts = facts_of(info, sizeof(info));
  EXPECT_FALSE(facts.rtt);
  EXPECT_FALSE(facts.min_rtt);
}

}  // namespace
}  // namespace cgtally
