// SPDX-License-Identifier: Apache-2.0
// The number of TCP sockets from the kernel's text.
#include "adapters/netns/tcp_in_use.h"

#include <gtest/gtest.h>

namespace cgtally::netns {
namespace {

TEST(TcpInUse, IsTheNumberOfItsProtocol) {
  constexpr auto kText =
      "sockets: used 13\nTCP: inuse 21 orphan 0 tw 4 alloc 3 mem 102\nUDP: inuse 7 mem 0\n";
  EXPECT_EQ(in_use_of(kText, "TCP"), 21U);
  EXPECT_EQ(in_use_of(kText, "UDP"), 7U);
  EXPECT_EQ(in_use_of("TCP6: inuse 0\nUDP6: inuse 1\n", "TCP6"), 0U);
  EXPECT_EQ(in_use_of(kText, "TCP6"), std::nullopt);
  EXPECT_EQ(in_use_of("", "TCP"), std::nullopt);
  EXPECT_EQ(in_use_of("TCP: inuse x", "TCP"), std::nullopt);
}

}  // namespace
}  // namespace cgtally::netns
