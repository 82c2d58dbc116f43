// SPDX-License-Identifier: Apache-2.0
// The frames of the screen: the table, and that nothing is torn, overlong or out of its column.
#include "core/screen/screen.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "unit/core/screen/shown.h"

namespace cgtally::screen {
namespace {

using namespace std::chrono_literals;

constexpr Size kSmall{.columns = 80, .rows = 24};

TEST(Screen, EightyColumnsShowTheWholePicture) {
  const Content content = content_of(three_samples());
  Screen screen(content, {}, {});
  const auto lines = texts(screen.draw(kSmall));
  const std::vector<std::string> expected{
      "ip-10-0-3-17  every 1.00 s  ledger up 3d04h  slots 61/4096             11:42:07Z",
      "ens5  rx 6.21 Mbit/s 2 301 p/s  tx 281 Mbit/s 24 655 p/s",
      "  named rx 98.5 % tx 99.7 %  NIC seen 100 %",
      "3 accounts   by cgroup   all interfaces   sort traffic",
      "ACCOUNT                          RX bit/s  TX bit/s    TX p/s   TX TOTAL",
      "redis.service                      5.90 M     271 M    23 780   112.4 GB #######",
      "api.scope                           201 k    5.90 M       611     3.1 GB",
      "/job/import-x1        exited 4s         0         0         0    41.0 MB",
  };
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_EQ(std::vector<std::string>(lines.begin(), lines.begin() + 8), expected);
  EXPECT_EQ(lines.back(),
            "? help  / filter  s sort  b by  i interface  enter detail  space pause  q quit");
}

TEST(Screen, AWideOneAlsoShowsWhatWasReceivedAndWhatConnected) {
  auto samples = three_samples();
  samples[0].delta.tcp = {.rx_connections = 70, .tx_connections = 7, .rx_resets = 8};
  const Content content = content_of(samples);
  Screen screen(content, {}, {});
  const auto lines = texts(screen.draw({.columns = 132, .rows = 43}));
  EXPECT_NE(lines.at(3).find("RX p/s    TX p/s   NEW/s   RST/s   RX TOTAL   TX TOTAL"),
            std::string::npos)
      << lines.at(3);
  EXPECT_NE(lines.at(4).find("23 780      77       8"), std::string::npos) << lines.at(4);
}

TEST(Screen, EightyColumnsHaveRoomForTheConnectionsToo) {
  Content content = content_of(three_samples());
  TcpSummary redis;
  redis.connections = 50;
  redis.queue_delay_p99 = 1200us;
  TcpSummary api;
  api.connections = 12'000;
  content.book.set_connections({{"/system.slice/redis.service", redis},
                                {"/kubepods.slice/kubepods-burstable.slice/api.scope", api}},
                               true);
  Screen screen(content, {}, {});
  const auto lines = texts(screen.draw(kSmall));
  const std::vector<std::string> expected{
      "ACCOUNT                  RX bit/s  TX bit/s    TX p/s   CONN    DELAY   TX TOTAL",
      "redis.service              5.90 M     271 M    23 780     50  1.20 ms   112.4 GB",
      "api.scope                   201 k    5.90 M       611 12 000        -     3.1 GB",
      "../import-x1  exited 4s         0         0         0      -        -    41.0 MB",
  };
  EXPECT_EQ(std::vector<std::string>(lines.begin() + 4, lines.begin() + 8), expected);
  EXPECT_EQ(joined(screen.draw({.columns = 72, .rows = 24})).find("CONN"), std::string::npos);
}

std::vector<Sample> crowd(std::size_t count) {
  auto samples = three_samples();
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(sample_of(fmt::format("/very/long/path/of/a/cgroup/c{}", i), 0, 1000, 1, 1));
  }
  samples.push_back(sample_of("/日本語の名前/日本語の長い名前のサービス", 800, 8000, 1, 1));
  samples.push_back(
      sample_of("/e\u0301te\u0301/🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀🚀", 800, 8000, 1, 1));
  for (int i = 0; i < 5; ++i)
    samples.push_back(container_of("shop", "api", fmt::format("c{}", i), 9000));
  return samples;
}

Content crowded() {
  Content content = content_of(crowd(60));
  content.report.notices = {std::string(300, 'x'),
                            "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語", "c"};
  for (int i = 0; i < 100; ++i) {
    content.bursts.push_back({.account = "/job/import-x1", .line = std::string(120, 'b')});
  }
  content.no_bursts.clear();
  content.axis = TimeAxis{.traffic = {1, 5, 3}, .begin = 1h, .end = 2h, .speed = "1 s each second"};
  return content;
}

constexpr std::u32string_view kCharacters = U"/?123sSrbixtu +-<>ph[]{}I=Q日x";
constexpr auto kKinds = std::to_array<KeyKind>(
    {KeyKind::enter, KeyKind::escape, KeyKind::backspace, KeyKind::tab, KeyKind::back_tab,
     KeyKind::up, KeyKind::down, KeyKind::left, KeyKind::right, KeyKind::page_up,
     KeyKind::page_down, KeyKind::home, KeyKind::end, KeyKind::help, KeyKind::click,
     KeyKind::wheel_up, KeyKind::wheel_down});

void expect_whole(const Frame& frame, const Size& size, const std::string& when) {
  EXPECT_LE(frame.lines.size(), size.rows) << when;
  for (const Line& line : frame.lines) {
    EXPECT_LE(line.width(), size.columns) << when << ": " << line.text();
    EXPECT_EQ(printable(line.text()), line.text()) << when;
  }
}

TEST(Screen, NoKeyAtAnySizeTearsALine) {
  Content content = crowded();
  std::uint32_t random = 1;
  const auto next = [&random] { return (random = random * 1'664'525U + 1'013'904'223U) >> 16U; };
  for (const bool unicode : {false, true}) {
    for (const Size size : {Size{80, 24, unicode}, Size{132, 43, unicode}, Size{300, 100, unicode},
                            Size{40, 10, unicode}, Size{1, 1, unicode}, Size{20, 3, unicode}}) {
      Screen screen(content, {}, {});
      expect_whole(screen.draw(size), size, "at first");
      for (int i = 0; i < 60; ++i) {
        Key key{.kind = kKinds.at(next() % kKinds.size()),
                .row = next() % (size.rows + 2),
                .column = next() % (size.columns + 2)};
        if (i % 2 == 0) key = {.character = kCharacters[next() % kCharacters.size()]};
        (void)screen.press(key);
        expect_whole(screen.draw(size), size,
                     fmt::format("{} x {}, key {} {}", size.columns, size.rows,
                                 static_cast<int>(key.kind), static_cast<unsigned>(key.character)));
      }
    }
  }
}

TEST(Screen, ATinyOneDoesNotBreakIt) {
  const Content content = content_of(three_samples());
  Screen screen(content, {}, {});
  for (const std::size_t columns : {0U, 1U, 5U, 20U}) {
    EXPECT_FALSE(screen.draw({.columns = columns, .rows = 1}).lines.empty());
  }
}

TEST(Screen, WhatDoesNotFitIsSummedUpInTheLastRow) {
  auto samples = three_samples();
  for (int i = 0; i < 30; ++i) {
    samples.push_back(sample_of("/c" + std::to_string(i), 0, 8000, 1, 1000));
  }
  const Content content = content_of(samples);
  Screen screen(content, {}, {});
  auto lines = texts(screen.draw(kSmall));
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_TRUE(lines[22].starts_with("(others) 16 accounts")) << lines[22];
  EXPECT_NE(lines[22].find("120 k"), std::string::npos) << "15 of 8 kbit/s: " << lines[22];
  lines = texts(press_all(screen, kSmall, KeyKind::end));
  EXPECT_TRUE(lines[22].starts_with("(others) 16 accounts")) << lines[22];
  EXPECT_NE(lines[22].find("277 M"), std::string::npos) << "now the busiest: " << lines[22];
}

TEST(Screen, TopLimitsTheAccountsAndStillAddsUpTheOthers) {
  const Content content = content_of(three_samples());
  Screen screen(content, {.top = 1}, {});
  const auto lines = texts(screen.draw(kSmall));
  EXPECT_TRUE(lines.at(5).starts_with("redis.service"));
  EXPECT_TRUE(lines.at(6).starts_with("(others) 2 accounts")) << lines.at(6);
}

TEST(Screen, ANameCannotControlTheTerminal) {
  auto samples = three_samples();
  samples[0].account = "/evil\x1b]0;title\x07/x";
  samples[1].iface = "\x1b[2J";
  Content content = content_of(samples);
  content.report.notices = {"\x1b[2J"};
  content.report.host = "\x1b[2J";
  content.bursts = {{.account = "\x1b[2J", .line = "\x1b[2J"}};
  content.no_credits = "\x1b[2J";
  Screen screen(content, {}, {});
  for (const char32_t key : std::u32string_view(U" i1\u001b/23?1")) {
    const Frame frame = press_all(screen, kSmall, key, KeyKind::down);
    EXPECT_EQ(joined(frame).find('\x1b'), std::string::npos) << joined(frame);
  }
  EXPECT_EQ(joined(press_all(screen, kSmall, KeyKind::enter, KeyKind::enter)).find('\x1b'),
            std::string::npos);
}

TEST(Screen, ANoticeIsReadToItsEndWhereThereIsRoomAndLosesItsEndElsewhere) {
  Content content = content_of(crowd(3));
  const std::string old = "17:06:59Z counting ens5";
  content.report.notices = {
      old,
      "17:07:01Z the credits go on as remembered 5m20s ago; what went out "
      "since is not known, as nobody counted: at worst the burst all the time"};
  Screen screen(content, {}, {});
  const std::string whole = joined(screen.draw({.columns = 80, .rows = 24}));
  EXPECT_NE(whole.find(old), std::string::npos);
  EXPECT_NE(whole.find("          known, as nobody counted: at worst the burst all the time"),
            std::string::npos)
      << whole;
  const std::string small = joined(screen.draw({.columns = 60, .rows = 10}));
  EXPECT_NE(small.find("17:07:01Z the credits go on as remembered 5m20s ago; what .."),
            std::string::npos)
      << small;
}

// The places where the figures of each column end.
std::vector<std::size_t> ends(const std::string& line) {
  std::vector<std::size_t> places;
  for (std::size_t i = 1; i <= line.size(); ++i) {
    if (line[i - 1] != ' ' && (i == line.size() || line.substr(i, 2) == "  ")) places.push_back(i);
  }
  return places;
}

TEST(Screen, ColumnsAndRowsStayWhereTheyAreWhileFiguresChange) {
  Content content = content_of(three_samples());
  Screen screen(content, {}, {});
  const std::string before = texts(screen.draw(kSmall)).at(4);
  auto samples = three_samples();
  samples[0].delta = {{1}, {0}, {1}, {1}};
  samples[1].delta = {{1'000'000'000'000}, {0}, {90'000'000'000}, {999'999'999}};
  go_on(content, samples);
  content.report.bursts.emplace();  // one more line in the head
  const auto after = texts(screen.draw(kSmall));
  EXPECT_EQ(after.at(5), before) << "the head has grown by one line";
  content.report.bursts.reset();
  EXPECT_EQ(texts(screen.draw(kSmall)).at(5), before) << "and does not shrink";
  EXPECT_EQ(ends(before).size(), 5U);
}

}  // namespace
}  // namespace cgtally::screen
