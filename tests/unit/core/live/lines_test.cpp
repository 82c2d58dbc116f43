// SPDX-License-Identifier: Apache-2.0
// The first lines of the screen, and the lines for a pipe.
#include "core/live/lines.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/live/header.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

AccountLine account(std::string name, std::uint64_t rx, std::uint64_t tx, std::uint64_t packets,
                    std::uint64_t total) {
  AccountLine line;
  line.account = std::move(name);
  line.moved = {{rx / 8}, {0}, {tx / 8}, {packets}};
  line.rates = {.rx = {rx}, .tx = {tx}, .rx_packets = {0}, .tx_packets = {packets}};
  line.totals.tx_bytes = {total};
  return line;
}

Report report() {
  Report result;
  result.host = "ip-10-0-3-17";
  result.every = 1s;
  result.taken = {.boot = 76h, .wall = 20'779 * 24h + 11h + 42min + 7s};  // 2026-11-22
  result.ledger = {.since = {.boot = 0s, .wall = 20'775 * 24h + 7h + 31min},
                   .slots_used = 61,
                   .slots_total = 4096};
  InterfaceLine line;
  line.name = "ens5";
  line.rates = {
      .rx = {6'210'000}, .tx = {281'000'000}, .rx_packets = {2301}, .tx_packets = {24'655}};
  line.named = {.rx = 0.985, .tx = 0.997};
  line.seen = 1.0;
  result.interfaces = {line};
  result.accounts = {
      account("/system.slice/redis.service", 5'900'000, 271'000'000, 23'780, 112'400'000'000),
      account("/kubepods.slice/kubepods-burstable.slice/api.scope", 201'000, 5'900'000, 611,
              3'100'000'000),
      account("/job/import-x1", 0, 0, 0, 41'000'000)};
  result.accounts[2].exited_ago = 4s;
  return result;
}

TEST(Header, EightyColumnsShowLedgerAndInterfaces) {
  const std::vector<std::string> expected{
      "ip-10-0-3-17  every 1.00 s  ledger up 3d04h  slots 61/4096             11:42:07Z",
      "ens5  rx 6.21 Mbit/s 2 301 p/s  tx 281 Mbit/s 24 655 p/s",
      "  named rx 98.5 % tx 99.7 %  NIC seen 100 %",
  };
  EXPECT_EQ(header_lines(report(), 80, 24), expected);
  EXPECT_EQ(header_lines(report(), 120, 24).at(1),
            "ens5  rx 6.21 Mbit/s 2 301 p/s  tx 281 Mbit/s 24 655 p/s  named rx 98.5 % tx 99.7 %"
            "  NIC seen 100 %");
}

TEST(PlainLines, AccountsHaveTheNamesThatPeopleUse) {
  Report named = report();
  named.accounts[0].label = "redis.service";
  const auto plain = plain_lines(named, 10);
  EXPECT_NE(plain.at(2).find("  redis.service  rx"), std::string::npos) << plain.at(2);
}

TEST(Header, AHostOfContainersShowsWhoseTheBytesAre) {
  Report report = cgtally::report();
  report.interfaces[0].owners = OwnerShares{.containers = {.rx = 0.9, .tx = 0.912},
                                            .host = {.rx = 0.0999, .tx = 0.0875},
                                            .unnamed = {.rx = 0.0001, .tx = 0.0005},
                                            .pods = true};
  auto lines = header_lines(report, 80, 24);
  EXPECT_EQ(lines.at(3), "  pods rx 90 % tx 91 %  host rx 10 % tx 9 %  unnamed rx <1 % tx <1 %");
  report.interfaces[0].owners->pods = false;
  report.interfaces[0].owners->host.rx = std::nullopt;
  report.interfaces[0].owners->unnamed.tx = 0.9999;
  lines = plain_lines(report, 10);
  EXPECT_EQ(
      lines.at(2),
      "11:42:07Z ens5  containers rx 90 % tx 91 %  host rx - tx 9 %  unnamed rx <1 % tx 99 %");
}

TEST(Header, OwnersTakeNoLineThatASmallScreenLacks) {
  Report report = cgtally::report();
  report.interfaces[0].owners = OwnerShares{};
  for (std::size_t rows = 6; rows < 30; ++rows) {
    const auto lines = header_lines(report, 80, rows);
    EXPECT_LE(lines.size(), rows);
    const bool shown = std::ranges::any_of(
        lines, [](const std::string& line) { return line.starts_with("  containers"); });
    EXPECT_EQ(shown, rows >= 12) << rows;
  }
}

TEST(Header, UnknownPartsAreNotShown) {
  Report unknown = report();
  unknown.interfaces[0].seen.reset();
  EXPECT_EQ(header_lines(unknown, 80, 24).at(2), "  named rx 98.5 % tx 99.7 %");
}

Report with_news() {
  Report result = report();
  DirectionCredit tx;
  tx.direction = Direction::tx;
  tx.state = CreditState::draining;
  tx.balance = {.lo = 4e9, .hi = 44e9};
  tx.empty = TimeToEmpty{.lo_s = 148, .hi_s = 1620};
  DirectionCredit rx;
  rx.direction = Direction::rx;
  rx.state = CreditState::full;
  result.credits = {tx, rx};
  const BurstNote note{.wall = result.taken.wall - 4s + 2ms,
                       .iface = "ens5",
                       .direction = Direction::tx,
                       .length = 12ms,
                       .bytes = {7'310'000},
                       .account = "/kubepods.slice/kubepods-burstable.slice/api.scope"};
  std::vector<Bytes> cells(20);
  cells[3] = {10};
  cells[4] = {100};
  result.bursts =
      BurstPanel{.last_minute = 3,
                 .missed = 0,
                 .verdict = AllowanceVerdict::sporadic,
                 .latest = {note, note, note},
                 .fresh = 1,
                 .second = InterfaceSecond{.iface = "ens5", .cells = {.rx = cells, .tx = cells}}};
  return result;
}

TEST(Header, ShowsCreditsBurstsAndTheLastSecondInEightyColumns) {
  const auto lines = header_lines(with_news(), 80, 24);
  const std::vector<std::string> expected{
      "tx credits 4.0..44.0 GB (prior), empty in 2m28s..27m00s   bursts 3/min SPORADIC",
      "last 1 s tx [   .#               ]   rx [   .#               ]",
      "burst 11:42:03.002 tx 12 ms 7.3 MB /kubepods.slice/../api.scope",
      "burst 11:42:03.002 tx 12 ms 7.3 MB /kubepods.slice/../api.scope",
  };
  EXPECT_EQ(std::vector<std::string>(lines.begin() + 3, lines.begin() + 7), expected);
}

TEST(Header, ShowsABurstThatGoesOnBeforeThoseThatHaveEnded) {
  Report report = with_news();
  BurstNote note = report.bursts->latest[0];
  note.length = 14'200ms;
  note.bytes = {3'100'000'000};
  note.under_way = true;
  report.bursts->under_way = {note};
  const std::string words = "burst 11:42:03.002 tx 14.2 s 3.1 GB so far ";
  const auto lines = header_lines(report, 80, 24);
  EXPECT_EQ(lines.at(5), words + "/kubepods.slice/../api.scope");
  EXPECT_TRUE(lines.at(6).starts_with("burst 11:42:03.002 tx 12 ms"));
  const auto plain = plain_lines(report, 0);
  EXPECT_EQ(plain.at(6), "11:42:07Z " + words + note.account);
}

TEST(Header, DropsTheBurstsFirstAndTheCreditsLast) {
  const auto news_in = [](std::size_t columns, std::size_t rows) {
    std::vector<std::string> news;
    for (const auto& line : header_lines(with_news(), columns, rows)) {
      const bool one = line.starts_with("tx credits") || line.starts_with("last 1 s") ||
                       line.starts_with("burst");
      if (one) news.push_back(line.substr(0, line.find(' ', 5)));
    }
    return news;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(news_in(80, 18), (Words{"tx credits", "last 1", "burst"}));
  EXPECT_EQ(news_in(80, 12), (Words{"tx credits", "last 1"}));
  EXPECT_EQ(news_in(80, 10), (Words{"tx credits"}));
  EXPECT_EQ(news_in(36, 24), (Words{"bursts", "last 1"}))
      << "what is too wide is left out, not cut";
  EXPECT_EQ(news_in(200, 24).size(), 2U) << "a wide one has them side by side";
}

TEST(Header, NamesTheInterfaceOfTheLastSecondWhereThereAreSeveral) {
  Report several = with_news();
  several.interfaces.push_back(several.interfaces[0]);
  several.interfaces[1].name = "ens6";
  const auto lines = header_lines(several, 80, 24);
  EXPECT_TRUE(lines.at(6).starts_with("ens5 last 1 s tx [")) << lines.at(6);
}

TEST(Header, ATinyOneDoesNotBreakIt) {
  for (const std::size_t columns : {0U, 1U, 5U, 20U}) {
    EXPECT_FALSE(header_lines(report(), columns, 1).empty());
  }
}

TEST(Header, ANameCannotControlTheTerminal) {
  Report hostile = with_news();
  hostile.bursts->latest[0].account = hostile.bursts->second->iface = "\x1b[2J";
  hostile.accounts[0].account = "/evil\x1b]0;title\x07/x";
  hostile.notices = {"\x1b[2J"};
  for (const std::string& line : header_lines(hostile, 80, 24)) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  }
  for (const std::string& line : plain_lines(hostile, 10)) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  }
}

TEST(PlainLines, EachIsCompleteInItselfAndNamesAreWhole) {
  const std::vector<std::string> expected{
      "11:42:07Z ip-10-0-3-17  every 1.00 s  ledger up 3d04h  slots 61/4096",
      "11:42:07Z ens5  rx 6.21 Mbit/s 2 301 p/s  tx 281 Mbit/s 24 655 p/s  named rx 98.5 % tx 99.7 "
      "%  NIC seen 100 %",
      "11:42:07Z   /system.slice/redis.service  rx 5.90 Mbit/s 0 p/s  tx 271 Mbit/s 23 780 p/s"
      "  total rx 0 B tx 112.4 GB",
      "11:42:07Z   /kubepods.slice/kubepods-burstable.slice/api.scope  rx 201 kbit/s 0 p/s"
      "  tx 5.90 Mbit/s 611 p/s  total rx 0 B tx 3.1 GB",
      "11:42:07Z   (others) 1 account  rx 0 bit/s 0 p/s  tx 0 bit/s 0 p/s  total rx 0 B tx 41.0 MB",
  };
  EXPECT_EQ(plain_lines(report(), 2), expected);
}

TEST(PlainLines, ShowEachBurstOnceAndWhole) {
  auto lines = plain_lines(with_news(), 0);
  ASSERT_GE(lines.size(), 6U);
  const std::vector<std::string> expected{
      "11:42:07Z tx credits 4.0..44.0 GB (prior), empty in 2m28s..27m00s",
      "11:42:07Z bursts 3/min SPORADIC",
      "11:42:07Z ens5 last 1 s tx [   .#               ] rx [   .#               ]",
      "11:42:07Z burst 11:42:03.002 tx 12 ms 7.3 MB "
      "/kubepods.slice/kubepods-burstable.slice/api.scope",
  };
  EXPECT_EQ(std::vector<std::string>(lines.begin() + 2, lines.begin() + 6), expected);
}

TEST(Percent, IsAWholeOnlyWhereItIsOne) {
  EXPECT_EQ(percent(1.0), "100 %");
  EXPECT_EQ(percent(0.99999), "99.9 %");
  EXPECT_EQ(percent(0.985), "98.5 %");
  EXPECT_EQ(percent(0.0), "0.0 %");
  EXPECT_EQ(percent(std::nullopt), "-");
}

}  // namespace
}  // namespace cgtally
