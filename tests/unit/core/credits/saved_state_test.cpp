// SPDX-License-Identifier: Apache-2.0
// What a restart, a reboot and a broken file leave of what was known of the credits.
#include "core/credits/saved_state.h"

#include <gtest/gtest.h>

#include "unit/traffic.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

SavedCredits remembered() {
  SavedCredits memory;
  memory.place = {.instance = "i-0123456789abcdef0",
                  .type = "t4g.micro",
                  .boot = "6f3a0b5e-0000-4000-8000-000000000001",
                  .at = second(1000),
                  .ledger = "abcdef",
                  .booked = traffic(10, 1, 2'000'000, 2'000),
                  .device = traffic(14, 1, 2'100'000, 2'000)};
  memory.tx = {.balance = {.lo = 1.5, .hi = 4e9},
               .deficit = {.lo = 0, .hi = ByteRange::kUnbounded},
               .capacity = {.lo = 13e9, .hi = 53e9},
               .capacity_basis = Basis::learned};
  memory.rx = {.balance = {.lo = 0, .hi = 0},
               .deficit = {.lo = 1e9 / 3, .hi = 1e9 / 3},
               .capacity = {.lo = 1e9 / 3, .hi = ByteRange::kUnbounded},
               .capacity_basis = Basis::told};
  return memory;
}

CreditIdentity later(Nanoseconds by) {
  CreditIdentity place = remembered().place;
  place.at.boot += by;
  place.at.wall += by;
  place.booked.tx_bytes += {5'000'000};
  return place;
}

TEST(SavedCredits, ReadsBackWhatItWroteToTheLastBit) {
  const SavedCredits memory = remembered();
  const auto read = parse_saved_credits(saved_credits_text(memory));
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->place.instance, memory.place.instance);
  EXPECT_EQ(read->place.type, memory.place.type);
  EXPECT_EQ(read->place.boot, memory.place.boot);
  EXPECT_EQ(read->place.at.boot, memory.place.at.boot);
  EXPECT_EQ(read->place.ledger, memory.place.ledger);
  EXPECT_EQ(read->place.booked, memory.place.booked);
  EXPECT_EQ(read->place.device, memory.place.device);
  for (const Direction way : {Direction::tx, Direction::rx}) {
    EXPECT_EQ(read->of(way).balance, memory.of(way).balance);
    EXPECT_EQ(read->of(way).deficit, memory.of(way).deficit);
    EXPECT_EQ(read->of(way).capacity, memory.of(way).capacity);
    EXPECT_EQ(read->of(way).capacity_basis, memory.of(way).capacity_basis);
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
  EXPECT_EQ(with("cgtally-credits 1", "cgtally-credits 2"), "line 1: no \"cgtally-credits 1\"");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance -1.5"), "tx_balance is no range of bytes");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance 1e30"), "tx_balance is no range of bytes");
  EXPECT_EQ(with("tx_balance 1.5", "tx_balance nan"), "tx_balance is no range of bytes");
  EXPECT_EQ(with("tx_basis learned", "tx_basis guessed"), "tx_basis is none that is known");
  EXPECT_EQ(with("boot_ns 1", "boot_ns -1"), "boot_ns is no time");
  EXPECT_EQ(with("booked 10", "booked x"), "booked is no number: x");
  EXPECT_EQ(with("ledger abcdef\n", ""), "ledger is missing");
}

TEST(Resumption, OfARestartChargesWhatTheLedgerCountedMeanwhile) {
  const Resumption since = resume(remembered(), later(90s));
  EXPECT_TRUE(since.same_boot);
  EXPECT_EQ(since.gap, 90s);
  ASSERT_TRUE(since.charged);
  EXPECT_EQ(since.charged->tx_bytes, Bytes{5'000'000});
}

TEST(Resumption, WithANewLedgerChargesWhatTheDeviceCounted) {
  CreditIdentity now = later(90s);
  now.ledger = "another";
  now.booked = {};
  now.device->tx_bytes += {7'000'000};
  const Resumption since = resume(remembered(), now);
  ASSERT_TRUE(since.charged);
  EXPECT_EQ(since.charged->tx_bytes, Bytes{7'000'000});
}

TEST(Resumption, AllowsForHeadersThatADevicesCountersLackAndForNoneInTheLedgers) {
  CreditIdentity now = later(90s);
  EXPECT_EQ(resume(remembered(), now).unseen, Traffic{});
  now.ledger = "another";
  now.device->tx_bytes += {8'000'000};
  now.device->tx_packets += {1'000};
  EXPECT_EQ(resume(remembered(), now).unseen.tx_bytes, Bytes{1'014'000});
}

TEST(Resumption, NeverWrapsACounterThatBeganAgain) {
  CreditIdentity now = later(90s);
  now.ledger = "another";
  now.device = traffic(0, 0, 692'608, 100);
  const Resumption since = resume(remembered(), now);
  EXPECT_TRUE(since.same_boot);
  EXPECT_FALSE(since.charged);
}

TEST(Resumption, OfAnotherBootKeepsTheInstanceAndLosesTheBalance) {
  CreditIdentity now = later(90s);
  now.boot = "another";
  const Resumption since = resume(remembered(), now);
  EXPECT_TRUE(since.same_instance);
  EXPECT_FALSE(since.same_boot);
  EXPECT_EQ(since.how, "reboot or stop/start, cannot tell");
}

TEST(Resumption, OfAnotherInstanceKeepsNothing) {
  CreditIdentity now = later(90s);
  now.instance = "i-another";
  EXPECT_FALSE(resume(remembered(), now).same_instance);
  now = later(90s);
  now.type = "t4g.large";
  EXPECT_FALSE(resume(remembered(), now).same_instance);
}

TEST(Resumption, WithoutABootIdBelievesNothing) {
  SavedCredits memory = remembered();
  memory.place.boot.clear();
  CreditIdentity now = later(90s);
  now.boot.clear();
  EXPECT_FALSE(resume(memory, now).same_boot);
}

}  // namespace
}  // namespace cgtally
