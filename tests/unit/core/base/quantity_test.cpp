// SPDX-License-Identifier: Apache-2.0
// Quantities as typed and as shown: what is understood, what is refused, and where rounding
// carries.
#include "core/base/quantity.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, UnderstandsEachUnitAndTheirSums) {
  EXPECT_EQ(parse_duration("100ms"), 100ms);
  EXPECT_EQ(parse_duration("1s"), 1s);
  EXPECT_EQ(parse_duration("1.5s"), 1500ms);
  EXPECT_EQ(parse_duration("2m30s"), 150s);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("1d2h3m4s5ms6us7ns"), 93'784'005'006'007ns);
}

TEST(ParseDuration, RefusesWhatCannotBeMeant) {
  for (const char* text : {"", "5", "s", "-1s", "1 s", "1s2m", "1s1s", "1.s", ".5s", "1x", "1sec",
                           "1e3s", "1.0000000001s", "99999999999d", "18446744073709551616ns"}) {
    const auto refused = parse_duration(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().failure, Failure::usage);
    EXPECT_NE(refused.error().what.find(text), std::string::npos);
    EXPECT_NE(refused.error().hint.find("2m30s"), std::string::npos);
  }
}

TEST(ParseBitRate, IsDecimalAndIgnoresCase) {
  EXPECT_EQ(parse_bit_rate("64Mbit"), BitRate{64'000'000});
  EXPECT_EQ(parse_bit_rate("5Gbit"), BitRate{5'000'000'000});
  EXPECT_EQ(parse_bit_rate("64mbit"), BitRate{64'000'000});
  EXPECT_EQ(parse_bit_rate("2.5Gbit/s"), BitRate{2'500'000'000});
  EXPECT_EQ(parse_bit_rate("900bit"), BitRate{900});
}

TEST(ParseBitRate, RefusesBytesAndAmbiguousUnits) {
  for (const char* text :
       {"", "64", "64M", "64MB", "64Mbps", "64 Mbit", "-1Mbit", "Mbit", "99999999999Tbit"}) {
    EXPECT_FALSE(parse_bit_rate(text)) << text;
  }
}

TEST(ParseBytes, IsDecimalUnlessABinaryUnitWasTyped) {
  EXPECT_EQ(parse_bytes("100MB"), Bytes{100'000'000});
  EXPECT_EQ(parse_bytes("32kB"), Bytes{32'000});
  EXPECT_EQ(parse_bytes("1MiB"), Bytes{1'048'576});
  EXPECT_EQ(parse_bytes("0.5GB"), Bytes{500'000'000});
  EXPECT_EQ(parse_bytes("7B"), Bytes{7});
}

TEST(ParseBytes, RefusesWhatMayBeBits) {
  for (const char* text : {"", "100", "100mb", "100Mb", "100M", "1 MB", "-1B", "99999999999TB"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(FormatBitRate, HasThreeSignificantDigits) {
  EXPECT_EQ(format_bit_rate(BitRate{0}), "0 bit/s");
  EXPECT_EQ(format_bit_rate(BitRate{999}), "999 bit/s");
  EXPECT_EQ(format_bit_rate(BitRate{6'210'000}), "6.21 Mbit/s");
  EXPECT_EQ(format_bit_rate(BitRate{62'140'000}), "62.1 Mbit/s");
  EXPECT_EQ(format_bit_rate(BitRate{281'000'000}), "281 Mbit/s");
  EXPECT_EQ(format_bit_rate_short(BitRate{5'900'000}), "5.90 M");
  EXPECT_EQ(format_bit_rate_short(BitRate{12}), "12");
}

TEST(FormatBitRate, CarriesIntoTheNextPrefix) {
  EXPECT_EQ(format_bit_rate(BitRate{9'995}), "10.0 kbit/s");
  EXPECT_EQ(format_bit_rate(BitRate{999'499}), "999 kbit/s");
  EXPECT_EQ(format_bit_rate(BitRate{999'500}), "1.00 Mbit/s");
  EXPECT_EQ(format_bit_rate(BitRate{18'446'744'073'709'551'615U}), "18.4 Ebit/s");
}

TEST(FormatBytes, HasOneDecimal) {
  EXPECT_EQ(format_bytes(Bytes{0}), "0 B");
  EXPECT_EQ(format_bytes(Bytes{999}), "999 B");
  EXPECT_EQ(format_bytes(Bytes{1'000}), "1.0 kB");
  EXPECT_EQ(format_bytes(Bytes{112'400'000'000}), "112.4 GB");
  EXPECT_EQ(format_bytes(Bytes{999'949}), "999.9 kB");
  EXPECT_EQ(format_bytes(Bytes{999'950}), "1.0 MB");
  EXPECT_EQ(format_bytes(Bytes{18'446'744'073'709'551'615U}), "18.4 EB");
}

TEST(FormatCount, GroupsByThree) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(2'301), "2 301");
  EXPECT_EQ(format_count(1'234'567), "1 234 567");
  EXPECT_EQ(format_packet_rate(PacketRate{24'655}), "24 655");
}

TEST(FormatDuration, HasTheTwoUnitsThatMatter) {
  EXPECT_EQ(format_duration(0ns), "0 ns");
  EXPECT_EQ(format_duration(100ms), "100 ms");
  EXPECT_EQ(format_duration(1s), "1.00 s");
  EXPECT_EQ(format_duration(57'940ms), "57.9 s");
  EXPECT_EQ(format_duration(148s), "2m28s");
  EXPECT_EQ(format_duration(62s), "1m02s");
  EXPECT_EQ(format_duration(2h + 5min + 59s), "2h05m");
  EXPECT_EQ(format_duration(76h), "3d04h");
  EXPECT_EQ(format_duration(-2s), "-2.00 s");
}

}  // namespace
}  // namespace cgtally
