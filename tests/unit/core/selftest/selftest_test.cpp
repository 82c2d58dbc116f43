// SPDX-License-Identifier: Apache-2.0
// What known traffic is on the wire, and how results are judged and shown.
#include <gtest/gtest.h>

#include "adapters/host/machine.h"
#include "core/selftest/known_traffic.h"
#include "core/selftest/report.h"

namespace cgtally::selftest {
namespace {

constexpr Count count(std::uint64_t bytes, std::uint64_t packets) {
  return {.bytes = {bytes}, .packets = {packets}};
}

TEST(KnownTraffic, DatagramsHaveTheHeadersOfTheirVersionAndTheirTag) {
  EXPECT_EQ(datagrams_on_wire(IpVersion::v4, 3, 100), count(3 * 142, 3));
  EXPECT_EQ(datagrams_on_wire(IpVersion::v6, 3, 100), count(3 * 162, 3));
  EXPECT_EQ(datagrams_on_wire(IpVersion::v4, 3, 100, 4), count(3 * 146, 3));
}

TEST(KnownTraffic, FragmentsHoldMultiplesOfEightBytes) {
  // 8008 bytes in pieces of 1480; each with 34 bytes of headers.
  EXPECT_EQ(fragments_on_wire(IpVersion::v4, 2, 8000, 1500), count(2 * (8008 + 6 * 34), 12));
  // Pieces of 1448: 1452 is no multiple of eight.
  EXPECT_EQ(fragments_on_wire(IpVersion::v6, 1, 8000, 1500), count(8008 + 6 * 62, 6));
}

TEST(KnownTraffic, SegmentsHaveNoOptions) {
  EXPECT_EQ(segments_on_wire(10, 5000), count(10 * 54 + 5000, 10));
}

TEST(SelftestCheck, FailsIfOneFigureDoesNotHold) {
  EXPECT_EQ(judge("udp", {{.what = "sent", .expected = count(9, 1), .seen = count(9, 1)}}).outcome,
            CheckOutcome::ok);
  const auto failed =
      judge("udp", {{.what = "sent", .expected = count(9, 1), .seen = count(9, 1)},
                    {.what = "received", .expected = count(1000, 2), .seen = count(500, 1)}});
  EXPECT_EQ(failed.outcome, CheckOutcome::failed);
  EXPECT_TRUE(any_failed({skip("vlan", "why"), failed}));
  EXPECT_FALSE(any_failed({skip("vlan", "why")}));
}

TEST(SelftestReport, ShowsEachFigureThatFailed) {
  const auto failed = judge(
      "udp", {{.what = "sent", .expected = count(9, 1), .seen = count(9, 1)},
              {.what = "received", .expected = count(1000, 2), .seen = count(500, 1)},
              {.what = "datagrams that came back", .expected = count(0, 2), .seen = count(0, 1)}});
  EXPECT_EQ(check_lines(failed),
            (std::vector<std::string>{
                "FAILED   udp            received: expected 1 000 bytes in 2 packets, seen 500 "
                "bytes in 1 packet",
                "                        datagrams that came back: expected 2 packets, seen 1 "
                "packet"}));
}

TEST(SelftestReport, IsOneLineForWhatHoldsAndForWhatCouldNotBeMade) {
  EXPECT_EQ(check_lines(skip("vlan", "no VLANs here")),
            std::vector<std::string>{"skipped  vlan           no VLANs here"});
  Traffic both;
  both.rx_bytes = both.tx_bytes = {1500};
  both.rx_packets = both.tx_packets = {3};
  auto figures = both_ways(both, both);
  figures.push_back({.what = "its cgroup: sent", .expected = count(9, 1), .seen = count(9, 1)});
  EXPECT_EQ(check_lines(judge("tcp", figures)),
            std::vector<std::string>{"ok       tcp            sent 1 500 bytes in 3 packets, "
                                     "received 1 500 bytes in 3 packets, and 1 more figure"});
}

TEST(SelftestReport, CountsTheOutcomes) {
  SelftestReport report;
  report.version = "1.2.3";
  report.host = {{"kernel", "6.1.0"}};
  report.took = std::chrono::seconds{6};
  report.checks = {judge("udp", {}), skip("vlan", "why"), fail("tcp", "what")};
  EXPECT_EQ(summary_line(report), "3 checks in 6.00 s: 1 ok, 1 FAILED, 1 skipped");
  EXPECT_EQ(report_text(report),
            "cgtally selftest\n"
            "version        1.2.3\n"
            "kernel         6.1.0\n"
            "\n"
            "ok       udp            \n"
            "skipped  vlan           why\n"
            "FAILED   tcp            what\n"
            "3 checks in 6.00 s: 1 ok, 1 FAILED, 1 skipped\n");
  const std::string document = selftest_document(report);
  EXPECT_NE(document.find("FAILED"), std::string::npos);
  EXPECT_NE(document.find("6.1.0"), std::string::npos);
}

TEST(MachineLines, FindTheNameOfADistribution) {
  EXPECT_EQ(host::pretty_name_in("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"),
            "Debian GNU/Linux 12");
  EXPECT_EQ(host::pretty_name_in("PRETTY_NAME=Plain\n"), "Plain");
  EXPECT_EQ(host::pretty_name_in("ID=x\n"), "");
}

}  // namespace
}  // namespace cgtally::selftest
