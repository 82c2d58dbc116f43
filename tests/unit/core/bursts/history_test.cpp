// SPDX-License-Identifier: Apache-2.0
// The last second at a glance, and what a screen says of bursts in passing.
#include "core/bursts/history.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TrafficWindow one_packet(std::uint64_t window_index, std::uint64_t bytes) {
  return {
      .window_index = window_index, .bytes = {bytes}, .packets = {1}, .error = {}, .shares = {}};
}

TEST(Sparkline, IsScaledToItsOwnMaximum) {
  EXPECT_EQ(sparkline({{0}, {1}, {24}, {25}, {50}, {75}, {99}}), " ..:|##");
  EXPECT_EQ(sparkline({{0}, {1}, {0}}), " # ");
}

TEST(Sparkline, OfNothingIsBlank) { EXPECT_EQ(sparkline({{0}, {0}}), "  "); }

TEST(LastSecond, HasTwentyCellsThatAreOver) {
  LastSecond second(1ms);
  second.add({one_packet(9'050, 1), one_packet(9'099, 2), one_packet(9'100, 4),
              one_packet(10'049, 8), one_packet(10'050, 16)});
  const auto cells = second.cells(10'065ms);  // the windows up to 10'050 have closed
  ASSERT_EQ(cells.size(), 20U);
  EXPECT_EQ(cells[0], Bytes{3});
  EXPECT_EQ(cells[1], Bytes{4});
  EXPECT_EQ(cells[19], Bytes{8});
}

TEST(LastSecond, ShowsNoCellOfWhichWindowsAreOpen) {
  LastSecond second(1ms);
  second.add({one_packet(10'049, 8)});
  EXPECT_EQ(second.cells(10'061ms).back(), Bytes{0});
  EXPECT_EQ(second.cells(10'062ms).back(), Bytes{8});
}

TEST(LastSecond, ForgetsWhatIsOlderAndTakesWhatComesLate) {
  LastSecond second(1ms);
  second.add({one_packet(8'455, 100)});
  second.add({one_packet(10'055, 1)});  // lies where the other one lay
  second.add({one_packet(8'456, 100)});
  second.add({one_packet(10'056, 2)});
  const auto cells = second.cells(10'150ms);
  std::uint64_t sum = 0;
  for (const Bytes cell : cells) sum += cell.value;
  EXPECT_EQ(sum, 3U);
}

TEST(LastSecond, OfLongWindowsHasACellForEach) {
  LastSecond second(100ms);
  second.add({one_packet(100, 7), one_packet(101, 9)});
  const auto cells = second.cells(10'410ms);
  ASSERT_EQ(cells.size(), 10U);
  EXPECT_EQ(cells[8], Bytes{7});
  EXPECT_EQ(cells[9], Bytes{9});
}

TEST(LastSecond, RightAfterTheBootIsShort) {
  EXPECT_TRUE(LastSecond(1ms).cells(5ms).empty());
  EXPECT_EQ(LastSecond(1ms).cells(170ms).size(), 3U);
}

// Of 12 ms and 7.31 MB, unless told otherwise.
NamedBurst named(Nanoseconds begin, std::string account = "/system.slice/redis.service",
                 std::uint64_t bytes = 7'310'000) {
  NamedBurst one;
  one.burst.iface = "ens5";
  one.burst.direction = Direction::tx;
  one.burst.burst = {.first = static_cast<std::uint64_t>(begin / 1ms),
                     .last = static_cast<std::uint64_t>(begin / 1ms) + 11,
                     .window = 1ms,
                     .bytes = {bytes},
                     .packets = {},
                     .peak = {bytes / 10},
                     .threshold = {},
                     .shares = {}};
  one.wall = 1'795'347'751s + 2ms;  // 2026-11-22T11:42:31.002Z
  one.account = std::move(account);
  return one;
}

BurstNote note(Nanoseconds begin, std::string account = "/system.slice/redis.service") {
  return note_of(BurstGroup(named(begin, std::move(account))));
}

Moment moment(Nanoseconds boot) { return {.boot = boot, .wall = boot}; }

TEST(BurstHistory, CountsThoseOfTheLastMinute) {
  BurstHistory history(1ms);
  history.add(named(10s));
  history.add(named(20s));
  history.add(named(69s));
  EXPECT_EQ(history.next_panel(moment(69s)).last_minute, 3U);
  EXPECT_EQ(history.next_panel(moment(70s)).last_minute, 2U);
  EXPECT_EQ(history.next_panel(moment(129s)).last_minute, 0U);
}

TEST(BurstHistory, KeepsTheLatestAndCountsTheNewOnes) {
  BurstHistory history(1ms);
  history.add(named(1s, "/a"));
  EXPECT_EQ(history.next_panel(moment(2s)).fresh, 1U);
  history.add(named(3s, "/b"));
  history.add(named(4s, "/c"));
  const BurstPanel panel = history.next_panel(moment(5s));
  EXPECT_EQ(panel.fresh, 2U);
  ASSERT_EQ(panel.latest.size(), 3U);
  EXPECT_EQ(panel.latest[0].account, "/c");
  EXPECT_EQ(panel.latest[2].account, "/a");
  for (int i = 0; i < 100; ++i) history.add(named(6s, std::to_string(i)));
  EXPECT_EQ(history.next_panel(moment(7s)).fresh, BurstHistory::kKept);
  EXPECT_EQ(history.next_panel(moment(7s)).latest.size(), BurstHistory::kKept);
}

TEST(BurstHistory, RepeatedBurstsAreOneNoteAndAreAllCounted) {
  BurstHistory history(1ms);
  for (int i = 0; i < 50; ++i) history.add(named(10s + i * 80ms));
  history.add(named(14s, "/b"));
  const BurstPanel first = history.next_panel(moment(15s));
  EXPECT_EQ(first.last_minute, 51U);
  EXPECT_EQ(first.fresh, 4U);  // the first three, and the other account's
  EXPECT_EQ(history.next_panel(moment(20s)).fresh, 0U);
  const BurstPanel later = history.next_panel(moment(10s + 3 * 80ms + 10s));
  ASSERT_EQ(later.fresh, 1U);
  EXPECT_EQ(later.last_minute, 51U);
  EXPECT_EQ(burst_note_words(later.latest[0], 28),
            "bursts 11:42:31.002 tx x 47 of 7.3 MB in 3.69 s ../redis.service");
}

TEST(BurstHistory, CountsWhatGoesOnOnlyWhenItHasEnded) {
  BurstHistory history(1ms);
  BurstNote going = note(1s);
  going.under_way = true;
  history.set_under_way({going});
  const BurstPanel panel = history.next_panel(moment(5s));
  EXPECT_EQ(panel.under_way.size(), 1U);
  EXPECT_EQ(panel.last_minute, 0U);
  EXPECT_EQ(panel.fresh, 0U);
  history.set_under_way({});
  EXPECT_TRUE(history.next_panel(moment(6s)).under_way.empty());
}

TEST(BurstHistory, ShowsMissedWindowsForAMinute) {
  BurstHistory history(1ms);
  history.add_missed(200, 10s);
  history.add_missed(100, 20s);
  EXPECT_EQ(burst_count_words(history.next_panel(moment(21s))),
            "bursts 0/min (300 windows missed)");
  EXPECT_EQ(history.next_panel(moment(70s)).missed, 100U);
  EXPECT_EQ(history.next_panel(moment(80s)).missed, 0U);
}

TEST(BurstHistory, ShowsTheBusiestInterfaceOnly) {
  BurstHistory history(1ms);
  history.add("eth0", Direction::rx, {one_packet(9'500, 500)});
  history.add("eth1", Direction::tx, {one_packet(9'500, 600)});
  const auto second = history.next_panel(moment(10s)).second;
  ASSERT_TRUE(second);
  EXPECT_EQ(second->iface, "eth1");
  EXPECT_EQ(sparkline(second->cells.rx), std::string(20, ' '));
  EXPECT_EQ(sparkline(second->cells.tx).find('#'), 11U);  // the first cell is [8'950, 9'000) ms
}

TEST(BurstHistory, HasNoSecondWithoutTraffic) {
  BurstHistory history(1ms);
  EXPECT_FALSE(history.next_panel(moment(10s)).second);
  history.add("eth0", Direction::rx, {one_packet(9'500, 500)});
  EXPECT_TRUE(history.next_panel(moment(10s)).second);
  EXPECT_FALSE(history.next_panel(moment(11s)).second);
}

TEST(BurstPanel, SaysTheVerdictOnlyWhereThereIsOne) {
  BurstPanel panel;
  panel.last_minute = 3;
  EXPECT_EQ(burst_count_words(panel), "bursts 3/min");
  panel.verdict = AllowanceVerdict::sporadic;
  EXPECT_EQ(burst_count_words(panel), "bursts 3/min SPORADIC");
}

TEST(BurstPanel, NamesABurstWithItsStartLengthVolumeAndAccount) {
  EXPECT_EQ(burst_note_words(note(1s), 28),
            "burst 11:42:31.002 tx 12 ms 7.3 MB /system.slice/redis.service");
  EXPECT_EQ(burst_note_words(note(1s), 16), "burst 11:42:31.002 tx 12 ms 7.3 MB ../redis.service");
  EXPECT_EQ(burst_note_words(note(1s, ""), 14), "burst 11:42:31.002 tx 12 ms 7.3 MB (not told)");
  EXPECT_EQ(burst_note_words(note(1s, "/\x1b[2J"), 28).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace cgtally
