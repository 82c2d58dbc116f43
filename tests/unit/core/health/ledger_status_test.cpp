// SPDX-License-Identifier: Apache-2.0
// The lines of `status`.
#include "core/health/ledger_status.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/text.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr Nanoseconds kMade = 20'775 * 24h + 7h + 31min;  // 2026-11-18

InterfaceCondition interface() {
  InterfaceCondition one;
  one.name = "ens5";
  one.hook = "tcx";
  one.since = {.boot = 0s, .wall = kMade};
  one.rx = {.attached = true,
            .device = Bytes{112'400'000'000},
            .counted = {112'400'000'000},
            .seen = 1.0,
            .now = 1.0,
            .named = 0.985,
            .over = {},
            .before = {}};
  one.tx = one.rx;
  one.tx.counted = {46'100'000'000};
  one.tx.seen = 0.41;
  one.queue = {.kind = "fq_codel", .backlog = {3028}, .waiting = {2}, .drops = {1203}};
  return one;
}

LedgerStatusReport status() {
  LedgerStatusReport result;
  result.now = {.boot = 76h, .wall = kMade + 76h};
  result.location = "/sys/fs/bpf/cgtally/v1";
  result.abi = 1;
  result.ledger = LedgerCondition{.state = LedgerCondition::State::up,
                                  .id = "5dd439dfa0c1e2b3",
                                  .made = {.boot = 0s, .wall = kMade}};
  result.keeper = {.there = true, .pid = 4711, .last_active = 76h - 59ms};
  result.slots.used = 61;
  result.slots.total = 4096;
  result.slots.names = 412;
  result.slots.removals = 1;
  result.expense.map_bytes = 4'100'000;
  result.expense.windows_bytes = 65'536;
  result.expense.window = 1ms;
  result.expense.clock_read_bytes = 16'384;
  result.expense.cost = {
      .runs = 24'655, .time = 24'655 * 31ns, .statistics = 40ns, .measured = 1s, .cpus = 2};
  result.interfaces = {interface()};
  return result;
}

bool has(const Lines& lines, const std::string& line) {
  return std::ranges::find(lines, line) != lines.end();
}

testing::AssertionResult contains(const Lines& lines, const std::string& line) {
  if (has(lines, line)) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure() << "not there: " << line << "\nbut:\n";
  for (const std::string& one : lines) result << one << "\n";
  return result;
}

TEST(LedgerStatusReport, SaysWhatTheKeeperWaitsForAndWhatItDoesNot) {
  auto report = status();
  report.awaited = {"netns web", "interface eth7"};
  report.ended = {"4711"};
  EXPECT_TRUE(contains(status_lines(report), "waits for netns web, interface eth7"));
  EXPECT_TRUE(contains(
      status_lines(report),
      "ended     the netns of process 4711: not waited for, because no process comes back"));
  report.awaited = {"netns a", "netns b", "netns c", "netns d", "netns e", "netns f", "netns g"};
  EXPECT_TRUE(contains(status_lines(report),
                       "waits for netns a, netns b, netns c, netns d, netns e and 2 more"));
  report.keeper.there = false;
  const Lines without_keeper = status_lines(report);
  EXPECT_TRUE(std::ranges::none_of(without_keeper, [](const std::string& line) {
    return line.starts_with("waits for");
  })) << "nobody waits";
}

TEST(LedgerStatusReport, AHealthyLedgerIsOneScreen) {
  const Lines expected{
      "ledger    up; its totals begin at 2026-11-18 07:31:00Z (3d04h)",
      "          id 5dd439df, ABI 1, pinned at /sys/fs/bpf/cgtally/v1",
      "keeper    process 4711, last active 59.0 ms ago",
      "slots     61 of 4 096 used",
      "cgroups   412 names and 1 removal remembered, 0 missed for want of room",
      "memory    4.2 MB, of it 65.5 kB for windows",
      "windows   1.00 ms each; at an edge up to 16 384 bytes, or 1/16 of a CPU's last",
      "          window, are counted in the window before",
      "cost      31 ns per packet or super-packet, 0.08 % of a CPU: measured on",
      "          24 655 in 1.00 s",
      "          without the 40 ns that measuring takes of each",
      "",
      "ens5  tcx, totals since 2026-11-18 07:31:00Z (3d04h)",
      "           DEVICE    COUNTED    SEEN     NOW   NAMED  RUNS BEFORE OURS",
      "  rx     112.4 GB   112.4 GB   100 %   100 %  98.5 %  nobody",
      "  tx     112.4 GB    46.1 GB  41.0 %   100 %  98.5 %  nobody",
      "  queue fq_codel: 2 packets (3.0 kB) waiting, 1 203 dropped",
      "",
      "DEVICE  bytes by its own count; that of a veth is taken before segmentation",
      "COUNTED ours, before the queue: what is dropped there counts, too",
      "SEEN    share of the device's count that our program saw; NOW: while this ran",
      "NAMED   share of the counted bytes that is on a cgroup, not on a reason",
  };
  EXPECT_EQ(status_lines(status()), expected);
  EXPECT_LE(display_width(*std::ranges::max_element(expected, {}, &std::string::size)), 80U);
}

TEST(LedgerStatusReport, AllowanceCountersComeWithVerdictAndRemedy) {
  Allowances allowances;
  AllowanceTotals totals{7, 281'794, 3, 0, 0, 51'212};
  allowances.add({.taken = {.boot = 1s, .wall = {}},
                  .interfaces = {{"ens5", totals}},
                  .rx_packets = {},
                  .tx_packets = {}});
  totals[1] = 282'000;
  allowances.add({.taken = {.boot = 2s, .wall = {}},
                  .interfaces = {{"ens5", totals}},
                  .rx_packets = {100},
                  .tx_packets = {1000}});
  LedgerStatusReport counted = status();
  counted.allowances = allowances.summaries();
  counted.allowances_over = 1s;
  const Lines lines = status_lines(counted);
  EXPECT_TRUE(contains(lines,
                       "ena       in 1.00 s: rx 0  tx 206 sustained  pps 0  conntrack 0 (51 212 "
                       "left)  linklocal 0"));
  EXPECT_TRUE(
      contains(lines, "          in all: rx 7  tx 282 000  pps 3  conntrack 0  linklocal 0"));
  EXPECT_TRUE(contains(lines, "          for tx: smaller responses, or a larger type"));
}

TEST(LedgerStatusReport, WithoutAllowanceCountersOneLineSaysWhereThereAreNone) {
  LedgerStatusReport none = status();
  none.without_allowances = {"eth0", "eth1", "eth2", "eth3", "eth4"};
  EXPECT_TRUE(contains(status_lines(none),
                       "ena       no allowance counters on eth0, eth1, eth2 and 2 more"));
}

TEST(LedgerStatusReport, WithoutALedgerTheCommandsThatCountAreNamed) {
  LedgerStatusReport none = status();
  none.ledger.reset();
  EXPECT_EQ(status_lines(none),
            (Lines{"ledger    no ledger is up at /sys/fs/bpf/cgtally/v1",
                   "          cgtally up pins one, which counts on when that command has ended;",
                   "          live and record count without one, for as long as they run"}));
}

TEST(LedgerStatusReport, ALedgerOfAnotherAbiIsNamedWithItsCure) {
  LedgerStatusReport other = status();
  other.ledger.reset();
  other.abi = 2;
  other.other_abis = {1, 3};
  EXPECT_EQ(
      status_lines(other),
      (Lines{"ledger    a ledger of ABI 1 is there, which this cgtally (ABI 2) cannot read:",
             "          carry its totals over: cgtally up --migrate; or remove it: cgtally down "
             "--forget",
             "ledger    a ledger of ABI 3 is there, which this cgtally (ABI 2) cannot read:",
             "          use the cgtally that made it; or remove it with its totals: cgtally down "
             "--forget"}));
}

TEST(LedgerStatusReport, WithoutAKeeperItSaysWhenTheSlotsWillBeFull) {
  LedgerStatusReport alone = status();
  alone.keeper = {.there = false, .pid = 0, .last_active = 75h};
  EXPECT_TRUE(
      contains(status_lines(alone),
               "          not getting full: no account has ended since a keeper was last active"));
  alone.slots.ended = 10;
  alone.slots.unattended = 5;
  const Lines lines = status_lines(alone);
  EXPECT_TRUE(contains(lines, "keeper    none; the last one was active 1h00m ago"));
  EXPECT_TRUE(contains(lines, "slots     61 of 4 096 used, 10 by accounts that have ended"));
  EXPECT_TRUE(contains(
      lines, "          full in about 33d15h, at the rate since a keeper was last active"));
}

TEST(LedgerStatusReport, OverflowIsNotHidden) {
  LedgerStatusReport full = status();
  full.slots.overflow = {
      .rx_bytes = {1'200'000'000}, .rx_packets = {}, .tx_bytes = {5}, .tx_packets = {}};
  const Lines lines = status_lines(full);
  EXPECT_TRUE(contains(lines, "          FULL at times: 1.2 GB in and 5 B out are on (overflow)"));
  EXPECT_TRUE(
      contains(lines, "          for more slots: cgtally down --forget; cgtally up --slots 16384"));
}

TEST(LedgerStatusReport, ABlindDirectionIsReportedWithTheProgramsBeforeOurs) {
  LedgerStatusReport blind = status();
  blind.interfaces[0].tx.now = 0.0;
  blind.interfaces[0].tx.before = {"the tcx program \"foo\" (id 12)",
                                   "the tc filter \"bar\" (pref 1)"};
  const Lines lines = status_lines(blind);
  EXPECT_TRUE(contains(
      lines,
      "  tx     112.4 GB    46.1 GB  41.0 %   0.0 %  98.5 %  the tcx program \"foo\" (id 12)"));
  EXPECT_TRUE(contains(lines, std::string(54, ' ') + "the tc filter \"bar\" (pref 1)"));
  EXPECT_TRUE(
      contains(lines,
               "  BLIND ens5 tx: only 0 % of what the device counted came by here: the tcx "
               "program \"foo\" (id 12) and the tc filter \"bar\" (pref 1) run before ours"));
}

TEST(LedgerStatusReport, ADirectionWithMoreThanTheDeviceCarriedHasBothFigures) {
  LedgerStatusReport over = status();
  over.interfaces[0].rx.now = 2.0;
  over.interfaces[0].rx.over =
      OverCount{.counted = {2'000'000'000}, .device = {1'000'000'000}, .length = 1s};
  const Lines lines = status_lines(over);
  EXPECT_TRUE(contains(lines, "  rx     112.4 GB   112.4 GB   100 %   200 %  98.5 %  nobody"));
  EXPECT_TRUE(
      contains(lines,
               "  OVER ens5 rx: booked 2.0 GB in 1.00 s, but the device says 1.0 GB: 200 %: a "
               "redirect or a mirror brings packets here that were not on its wire"));
}

TEST(LedgerStatusReport, ALostHookAndItsGapsAreSaid) {
  LedgerStatusReport lost = status();
  lost.interfaces[0].gaps = 2;
  lost.interfaces[0].gap = 1200ms;
  lost.interfaces[0].rx.attached = false;
  lost.interfaces[0].rx.now.reset();
  const Lines lines = status_lines(lost);
  EXPECT_TRUE(contains(lines,
                       "ens5  tcx, totals since 2026-11-18 07:31:00Z (3d04h), hook lost 2 times: "
                       "at most 1.20 s uncounted"));
  EXPECT_TRUE(contains(
      lines, "  rx     112.4 GB   112.4 GB   100 %       -  98.5 %  OUR PROGRAM IS NOT THERE"));
}

TEST(LedgerStatusReport, AccountsThatGaveUpTheirSlotsAreSaid) {
  LedgerStatusReport folded = status();
  folded.slots.folded = 1200;
  EXPECT_TRUE(
      contains(status_lines(folded),
               "          SHORT at times: an idle account gave up its slot 1 200 times; its "
               "totals are on (folded)"));
}

TEST(LedgerStatusReport, PacketsBeyondAShareAreSaid) {
  LedgerStatusReport shared = status();
  shared.slots.beyond = 1200;
  shared.slots.most_beyond = "/user.slice";
  const auto lines = status_lines(shared);
  EXPECT_TRUE(contains(lines,
                       "          SHARED: 1 200 packets of cgroups without a slot are on the "
                       "account of a cgroup above,"));
  EXPECT_TRUE(
      contains(lines, "          most on /user.slice, whose share of the slots was used up"));
}

TEST(LedgerStatusReport, AFilterThatWasDisplacedIsSaid) {
  LedgerStatusReport displaced = status();
  displaced.interfaces[0].displaced = 3;
  displaced.interfaces[0].displaced_for = 4s;
  EXPECT_TRUE(contains(status_lines(displaced),
                       "ens5  tcx, totals since 2026-11-18 07:31:00Z (3d04h), displaced 3 times: "
                       "not the first for at most 4.00 s"));
}

TEST(LedgerStatusReport, WhatHasGoneAndWhatWasLeftHaveTheirLines) {
  LedgerStatusReport rest = status();
  rest.gone.rx_bytes = {3'000'000'000};
  rest.leftovers = {{.iface = "eth1", .direction = "ingress", .preference = 1}};
  const Lines lines = status_lines(rest);
  EXPECT_TRUE(contains(lines, "(gone)  interfaces that no longer exist: 3.0 GB in, 0 B out"));
  EXPECT_TRUE(contains(lines, "leftover  a killed cgtally left a filter: eth1 ingress (pref 1)"));
  EXPECT_TRUE(contains(lines, "          remove what is left: cgtally down"));
}

TEST(LedgerStatusReport, WhatCouldNotBeMeasuredIsNotGuessed) {
  LedgerStatusReport quiet = status();
  quiet.expense.cost.runs = 0;
  EXPECT_TRUE(
      contains(status_lines(quiet), "cost      not known: no packet was counted in 1.00 s"));
  quiet.expense.not_measured = "measure what the programs cost: Operation not permitted";
  EXPECT_TRUE(
      contains(status_lines(quiet),
               "cost      not known: measure what the programs cost: Operation not permitted"));
}

TEST(LedgerStatusReport, ANameCannotControlTheTerminal) {
  LedgerStatusReport hostile = status();
  hostile.interfaces[0].tx.before = {"the tcx program \"\x1b[2J\" (id 12)"};
  hostile.interfaces[0].unknown = "\x1b[2J";
  for (const std::string& line : status_lines(hostile)) {
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  }
}

TEST(FullIn, IsTheTimeUntilTheFreeSlotsHaveEndedAccounts) {
  SlotCondition slots;
  slots.used = 96;
  slots.total = 4096;
  EXPECT_EQ(full_in(slots, 1h), std::nullopt);
  slots.unattended = 40;
  EXPECT_EQ(full_in(slots, 1h), 100h);
  slots.used = slots.total;
  EXPECT_EQ(full_in(slots, 1h), 0h);
  EXPECT_EQ(full_in(slots, 0h), std::nullopt);
  slots.used = 0;
  EXPECT_EQ(full_in(slots, 24h * 36'500), std::nullopt) << "a hundred years are never";
}

}  // namespace
}  // namespace cgtally
