// SPDX-License-Identifier: Apache-2.0
// The CSVs of bursts and of credits, read back: what a row says is what comes out, and what is
// wrong is named with its line.
#include "adapters/csv/recorded/recorded.h"

#include <gtest/gtest.h>

#include <sstream>

#include "adapters/csv/bursts.h"
#include "adapters/csv/credits.h"

namespace cgtally::csv {
namespace {

constexpr const char* kBurst =
    "2026-11-20T11:42:03.113000000Z,1,4000000,1000000,web1,ens5,tx,1250000,900,3900000000,"
    "2500000000,2500000000,/redis,0.9800,0.9900,7,0,microburst\n";
constexpr const char* kCredit =
    "2026-11-20T11:42:03.000000000Z,5,web1,tx,draining,9,64,5000,10,,4,6,1.500,,learned,,quiet,"
    "/redis,0.5000\n";

std::string error_of(const Result<void>& done) { return done ? "" : done.error().what; }

TEST(RecordedBursts, AreReadBack) {
  std::istringstream in(bursts_header() + kBurst + bursts_header() + kBurst);
  std::vector<report::RecordedBurst> bursts;
  ASSERT_TRUE(for_each_burst(in, "b.csv", [&](const auto& burst) { bursts.push_back(burst); }));
  ASSERT_EQ(bursts.size(), 2U);
  EXPECT_EQ(bursts[0].bytes.value, 1'250'000U);
  EXPECT_EQ(bursts[0].direction, Direction::tx);
  EXPECT_EQ(bursts[0].account, "/redis");
  EXPECT_DOUBLE_EQ(bursts[0].share, 0.98);
  EXPECT_EQ(bursts[0].exceeded, 7U);
  EXPECT_EQ(bursts[0].cause, "microburst");
}

TEST(RecordedBursts, NameTheLineThatIsWrong) {
  std::string wrong = kBurst;
  wrong.replace(wrong.find("1250000"), 7, "many");
  std::istringstream in(bursts_header() + kBurst + wrong);
  EXPECT_EQ(error_of(for_each_burst(in, "b.csv", [](const auto&) {})),
            "b.csv: line 3: bytes is 'many', not a whole number of at most 64 bits");
  std::istringstream torn(bursts_header() + std::string(kBurst).substr(0, 50));
  EXPECT_EQ(error_of(for_each_burst(torn, "b.csv", [](const auto&) {})),
            "b.csv: line 2: 5 fields, where the header has 18, and no end: it is torn");
  std::istringstream other("time,boot_ns\n");
  EXPECT_EQ(error_of(for_each_burst(other, "b.csv", [](const auto&) {})),
            "b.csv: line 1: no column 'duration_ns'");
}

TEST(RecordedBursts, RefuseFiguresThatNoSumHasRoomFor) {
  const auto error_with = [](const std::string& figure, const std::string& instead) {
    std::string wrong = kBurst;
    wrong.replace(wrong.find(figure), figure.size(), instead);
    std::istringstream in(bursts_header() + wrong);
    return error_of(for_each_burst(in, "b.csv", [](const auto&) {}));
  };
  for (const char* const share : {"inf", "nan", "1.5", "1e300", "-0.1"}) {
    EXPECT_NE(error_with("0.9800", share).find("top_share is '"), std::string::npos) << share;
  }
  for (const char* const length : {"9223372036854775807", "1892160000000000001", "-1", "1e19"}) {
    EXPECT_NE(error_with("4000000", length).find("duration_ns is '"), std::string::npos) << length;
  }
  EXPECT_NE(error_with("2026-", "2261-").find("time is '"), std::string::npos);
}

TEST(RecordedCredits, AreOneReportForEachMoment) {
  std::string received = kCredit;
  received.replace(received.find(",tx,"), 4, ",rx,");
  std::string later = kCredit;
  later.replace(later.find("Z,5,"), 4, "Z,6,");
  std::istringstream in(credits_header() + kCredit + received + later);
  std::vector<CreditReport> reports;
  ASSERT_TRUE(
      for_each_credit_report(in, "c.csv", [&](const auto& one) { reports.push_back(one); }));
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_TRUE(reports[0].directions.rx.watched);
  EXPECT_FALSE(reports[1].directions.rx.watched);
  const DirectionCredit& sent = reports[1].directions.tx;
  EXPECT_EQ(sent.state, CreditState::draining);
  EXPECT_FALSE(sent.capacity.bounded());
  EXPECT_EQ(sent.balance, (ByteRange{.lo = 4, .hi = 6}));
  EXPECT_DOUBLE_EQ(sent.empty->lo_s, 1.5);
  EXPECT_FALSE(sent.empty->hi_s);
  EXPECT_EQ(sent.capacity_basis, Basis::learned);
  // What is written of a report that was read is what was read.
  EXPECT_EQ(credits_rows(reports[1])[0].substr(0, 60), later.substr(0, 60));
}

TEST(RecordedCredits, AreToldApartFromOtherFiles) {
  EXPECT_TRUE(is_credits_header(credits_header()));
  EXPECT_FALSE(is_credits_header(bursts_header()));
  EXPECT_TRUE(is_bursts_header(bursts_header()));
  EXPECT_FALSE(is_bursts_header("time,boot_ns\n"));
}

}  // namespace
}  // namespace cgtally::csv
