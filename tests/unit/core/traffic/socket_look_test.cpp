// SPDX-License-Identifier: Apache-2.0
// When the sockets of a netns are dumped again, and when their number is enough.
#include "core/traffic/socket_look.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

// Of as many seconds, with these sockets and connections all the time.
int dumps(SocketLook& look, std::optional<std::uint64_t> in_use, std::uint64_t connections,
          int from, int seconds) {
  int count = 0;
  for (int second = from; second < from + seconds; ++second) {
    if (!look.due(in_use, second * 1s)) continue;
    ++count;
    look.looked(in_use, connections, second * 1s);
  }
  return count;
}

TEST(SocketLook, WithoutASocketIsNeverDue) {
  SocketLook look;
  EXPECT_EQ(dumps(look, 0, 0, 100, 3600), 0);
}

TEST(SocketLook, WithConnectionsIsAlwaysDue) {
  SocketLook look;
  EXPECT_EQ(dumps(look, 5, 3, 100, 60), 60);
}

TEST(SocketLook, WithListenersOnlyIsDueEverMoreSeldom) {
  SocketLook look;
  EXPECT_EQ(dumps(look, 2, 0, 100, 10), 3);   // after 0, 2 and 6 seconds
  EXPECT_EQ(dumps(look, 2, 0, 110, 120), 4);  // after 14, 30, 62 and 122, then once a minute
  EXPECT_EQ(dumps(look, 2, 0, 300, 600), 10);
}

TEST(SocketLook, IsDueAtOnceWhenTheNumberChanges) {
  SocketLook look;
  (void)dumps(look, 2, 0, 100, 600);
  EXPECT_FALSE(look.due(2, 701s));
  EXPECT_TRUE(look.due(3, 701s));
  look.looked(3, 1, 701s);
  EXPECT_TRUE(look.due(3, 702s));
  look.looked(2, 0, 702s);
  EXPECT_FALSE(look.due(2, 703s));
  EXPECT_TRUE(look.due(2, 704s)) << "the rests begin again";
}

TEST(SocketLook, IsDueWhereAsManyComeAgainAfterNone) {
  SocketLook look;
  (void)dumps(look, 1, 0, 100, 600);
  look.looked(0, 0, 700s);  // the listener has gone
  EXPECT_TRUE(look.due(1, 701s)) << "this one may be a connection";
}

TEST(SocketLook, IsAlwaysDueWhereTheNumberIsNotKnown) {
  SocketLook look;
  EXPECT_EQ(dumps(look, std::nullopt, 0, 100, 60), 60);
}

}  // namespace
}  // namespace cgtally
