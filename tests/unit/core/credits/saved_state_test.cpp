// SPDX-License-Identifier: Apache-2.0
// The saved state of the credits after a restart, after a reboot, and when the file is broken.
#include "core/credits/saved_state.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

SavedCredits remembered() {
  SavedCredits saved;
  saved.identity = {.instance = "i-0123456789abcdef0",
                    .type = "t4g.micro",
                    .boot = "6f3a0b5e-0000-4000-8000-000000000001",
                    .at = second(1000),
                    .ledger = "abcdef",
                    .counted = traffic(10, 1, 2'000'000, 2'000),
                    .device = traffic(14, 1, 2'100'000, 2'000)};
  saved.buckets.tx = {.balance = {.lo = 1.5, .hi = 4e9},
                      .deficit = {.lo = 0, .hi = ByteRange::kUnbounded},
                      .capacity = {.lo = 13e9, .hi = 53e9},
                      .capacity_basis = Basis::learned};
  saved.buckets.rx = {.balance = {.lo = 0, .hi = 0},
                      .deficit = {.lo = 1e9 / 3, .hi = 1e9 / 3},
                      .capacity = {.lo = 1e9 / 3, .hi = ByteRange::kUnbounded},
                      .capacity_basis = Basis::told};
  return saved;
}

CreditIdentity later(Nanoseconds by) {
  CreditIdentity identity = remembered().identity;
  identity.at.boot += by;
  identity.at.wall += by;
  identity.counted.tx_bytes += {5'000'000};
  return identity;
}

TEST(SavedCredits, ReadsBackWhatItWroteToTheLastBit) {
  const SavedCredits saved = remembered();
  const auto read = parse_saved_credits(saved_credits_text(saved));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->identity.instance, saved.identity.instance);
  EXPECT_EQ(read->identity.type, saved.identity.type);
  EXPECT_EQ(read->identity.boot, saved.identity.boot);
  EXPECT_EQ(read->identity.at.boot, saved.identity.at.boot);
  EXPECT_EQ(read->identity.ledger, saved.identity.ledger);
  EXPECT_EQ(read->identity.counted, saved.identity.counted);
  EXPECT_EQ(read->identity.device, saved.identity.device);
  for (const Direction direction : kDirections) {
    EXPECT_EQ(read->buckets[direction].balance, saved.buckets[direction].balance);
    EXPECT_EQ(read->buckets[direction].deficit, saved.buckets[direction].deficit);
    EXPECT_EQ(read->buckets[direction].capacity, saved.buckets[direction].capacity);
    EXPECT_EQ(read->buckets[direction].capacity_basis, saved.buckets[direction].capacity_basis);
  }
}

TEST(SavedCredits, IsRefusedWhereverItIsCutOff) {
  const std::string text = saved_credits_text(remembered());
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    EXPECT_FALSE(parse_saved_credits(text.substr(0, length))) << length;
  }
}

TEST(SavedCredits, IsRefusedWithTheNameOfWhatIsWrong) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = saved_credits_text(remembered());
    text.replace(text.find(from), from.size(), to);
    const auto read = parse_saved_credits(text);
    return read ? "" : read.error().what;
  };
  EXPECT_EQ(with("cgtally-credits 1", "cgtally-credits 2"),
            "line 1: must be \"cgtally-credits 1\"");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance -1.5"),
            "tx_balance must be a range of bytes, such as '0 1e9' or '0 -'");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance 1e30"),
            "tx_balance must be a range of bytes, such as '0 1e9' or '0 -'");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance nan"),
            "tx_balance must be a range of bytes, such as '0 1e9' or '0 -'");
  EXPECT_EQ(with("tx_basis learned", "tx_basis guessed"),
            "tx_basis must be told, learned or prior, got 'guessed'");
  EXPECT_EQ(with("boot_ns 1", "boot_ns -1"), "boot_ns must be nanoseconds, at least 0");
  EXPECT_EQ(with("booked 10", "booked x"), "booked must be 4 numbers, got 'x 1 2000000 2000'");
  EXPECT_EQ(with("ledger abcdef\n", ""), "ledger is missing");
}

TEST(SaveGap, OfARestartChargesWhatTheLedgerCountedMeanwhile) {
  const SaveGap since = gap_since(remembered(), later(90s));
  EXPECT_TRUE(since.same_boot);
  EXPECT_EQ(since.length, 90s);
  ASSERT_TRUE(since.charged);
  EXPECT_EQ(since.charged->tx_bytes, Bytes{5'000'000});
}

TEST(SaveGap, WithANewLedgerChargesWhatTheDeviceCounted) {
  CreditIdentity now = later(90s);
  now.ledger = "another";
  now.counted = {};
  now.device->tx_bytes += {7'000'000};
  const SaveGap since = gap_since(remembered(), now);
  ASSERT_TRUE(since.charged);
  EXPECT_EQ(since.charged->tx_bytes, Bytes{7'000'000});
}

TEST(SaveGap, AllowsForHeadersThatADevicesCountersLackAndForNoneInTheLedgers) {
  CreditIdentity now = later(90s);
  EXPECT_EQ(gap_since(remembered(), now).unseen, Traffic{});
  now.ledger = "another";
  now.device->tx_bytes += {8'000'000};
  now.device->tx_packets += {1'000};
  EXPECT_EQ(gap_since(remembered(), now).unseen.tx_bytes, Bytes{1'014'000});
}

TEST(SaveGap, NeverWrapsACounterThatBeganAgain) {
  CreditIdentity now = later(90s);
  now.ledger = "another";
  now.device = traffic(0, 0, 692'608, 100);
  const SaveGap since = gap_since(remembered(), now);
  EXPECT_TRUE(since.same_boot);
  EXPECT_FALSE(since.charged);
}

TEST(SaveGap, OfAnotherBootKeepsTheInstanceAndLosesTheBalance) {
  CreditIdentity now = later(90s);
  now.boot = "another";
  const SaveGap since = gap_since(remembered(), now);
  EXPECT_TRUE(since.same_instance);
  EXPECT_FALSE(since.same_boot);
  EXPECT_EQ(since.explanation, "reboot or stop/start, cannot tell");
}

TEST(SaveGap, OfAnotherInstanceKeepsNothing) {
  CreditIdentity now = later(90s);
  now.instance = "i-another";
  EXPECT_FALSE(gap_since(remembered(), now).same_instance);
  now = later(90s);
  now.type = "t4g.large";
  EXPECT_FALSE(gap_since(remembered(), now).same_instance);
}

TEST(SaveGap, WithoutABootIdBelievesNothing) {
  SavedCredits saved = remembered();
  saved.identity.boot.clear();
  CreditIdentity now = later(90s);
  now.boot.clear();
  EXPECT_FALSE(gap_since(saved, now).same_boot);
}

}  // namespace
}  // namespace cgtally
