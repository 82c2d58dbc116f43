// SPDX-License-Identifier: Apache-2.0
#include "core/serve/access.h"

#include <gtest/gtest.h>

namespace cgtally::serve {
namespace {

TEST(ListenAddressTest, TakesAddressesWithPortsAndPortsAlone) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:80")->url(), "http://127.0.0.1:80");
  EXPECT_EQ(parse_listen_address("[::1]:9435")->url(), "http://[::1]:9435");
  EXPECT_EQ(parse_listen_address("localhost:1")->url(), "http://127.0.0.1:1");
  EXPECT_EQ(parse_listen_address(":8080")->url(), "http://0.0.0.0:8080");
  EXPECT_EQ(parse_listen_address("8080")->url(), "http://127.0.0.1:8080");
  for (const auto* wrong :
       {"", "127.0.0.1", "example.com:80", "127.0.0.1:70000", "[::1", "1.2.3:4"}) {
    EXPECT_FALSE(parse_listen_address(wrong)) << wrong;
  }
}

TEST(ListenAddressTest, KnowsWhatIsLoopback) {
  EXPECT_TRUE(parse_listen_address("127.0.0.53:80")->is_loopback());
  EXPECT_TRUE(parse_listen_address("[::1]:80")->is_loopback());
  EXPECT_FALSE(parse_listen_address("0.0.0.0:80")->is_loopback());
  EXPECT_FALSE(parse_listen_address("[::]:80")->is_loopback());
}

TEST(TargetTest, HasPathAndQueryDecoded) {
  const auto target = parse_target("/api/v1/accounts?top=5&token=a%2Bb");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/accounts");
  EXPECT_EQ(target->number("top", 9), 5);
  EXPECT_EQ(target->number("other", 9), 9);
  EXPECT_EQ(target->number("token", 9), std::nullopt);
  EXPECT_EQ(target->query.at("token"), "a+b");
  EXPECT_FALSE(parse_target("http://elsewhere/"));
  EXPECT_FALSE(parse_target("/%4"));
  EXPECT_FALSE(parse_target("/%zz"));
}

TEST(HostTest, AForeignNameIsRefused) {
  for (const auto* good : {"127.0.0.1:9435", "localhost", "LOCALHOST:1", "[::1]:9435", "10.0.0.7",
                           "node-7:9435", "Node-7"}) {
    EXPECT_TRUE(host_is_allowed(good, {"node-7"})) << good;
  }
  for (const auto* bad : {"", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80",
                          "node-71", "999.0.0.1", "::1"}) {
    EXPECT_FALSE(host_is_allowed(bad, {"node-7"})) << bad;
  }
}

TEST(TokenTest, ComesByHeaderOrQueryAndMustBeTheWholeOne) {
  const Target none{.path = "/", .query = {}};
  EXPECT_EQ(token_of("Bearer abc", none), "abc");
  EXPECT_EQ(token_of("bearer abc", none), "abc");
  EXPECT_EQ(token_of("Basic abc", none), "");
  EXPECT_EQ(token_of("", {.path = "/", .query = {{"token", "abc"}}}), "abc");
  EXPECT_TRUE(same_token("abc", "abc"));
  for (const auto* bad : {"", "ab", "abcabc", "abd", "abcd"}) EXPECT_FALSE(same_token(bad, "abc"));
  EXPECT_FALSE(same_token("", ""));
}

// No header has blanks at its ends or control characters: such a token would never fit.
TEST(TokenTest, IsOneThatAClientCanSend) {
  const Target none{.path = "/metrics", .query = {}};
  for (const auto* line : {"0123456789abcdef", "0123456789abcdef\r", " \t0123456789abcdef  "}) {
    EXPECT_EQ(checked_token(line), "0123456789abcdef");
  }
  EXPECT_EQ(checked_token("four words of somebody"), "four words of somebody");
  EXPECT_EQ(checked_token("0123456789abcde ").error().what,
            "has 15 characters; it must have at least 16");
  EXPECT_EQ(checked_token("").error().what, "has 0 characters; it must have at least 16");
  EXPECT_EQ(checked_token(std::string_view("0123456789\0abcdef", 17)).error().what,
            "has the byte 0x00, which no client can send in a header");
  EXPECT_EQ(checked_token("0123456789\x1b[abcdef").error().what,
            "has the byte 0x1b, which no client can send in a header");
}

}  // namespace
}  // namespace cgtally::serve
