// SPDX-License-Identifier: Apache-2.0
// Names that a spreadsheet would run: they come back as they were.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "adapters/csv/json_lines.h"
#include "adapters/csv/rfc4180.h"
#include "adapters/csv/samples.h"

namespace cgtally::csv {
namespace {

const std::vector<std::string> kNames{
    "=1+1", "+1",  "-1+1", "@SUM(A1)", "-2",    "-0.5",          "'",       "'x", "'=x",
    "''=x", "'-2", "",     "plain",    "a=b",   "=cmd,\"x\"!A0", "\uFF1Dx", "-",  "=",
    "-1.",  "- 1", "--1",  "=x'",      "a,'=b", "\"=x\""};

std::string written(const std::vector<std::string>& fields) {
  RecordWriter row;
  for (const std::string& field : fields) row.add(field);
  return std::move(row).line();
}

std::vector<std::string> read(const std::string& line, Origin origin) {
  std::istringstream in(line);
  RecordReader reader(in, ',', origin);
  EXPECT_TRUE(reader.next().value_or(false)) << line;
  return reader.fields();
}

TEST(GuardedNames, AreNoFormulasInTheFileAndComeBackAsTheyWere) {
  const std::string line = written(kNames);
  for (const std::string& field : read(line, Origin::foreign)) {
    const bool figure = field == "-2" || field == "-0.5";
    EXPECT_TRUE(figure || field.find_first_of("=+-@") != 0) << field;
    EXPECT_FALSE(field.starts_with("\uFF1D")) << field;
  }
  EXPECT_EQ(read(line, Origin::ours), kNames);
}

TEST(GuardedNames, OfWholeLinesCanBeLeftAsTheyAre) {
  const std::string plain = unguarded_lines(written(kNames) + written({"x", "=2"}));
  EXPECT_EQ(read(plain, Origin::foreign), kNames);
  EXPECT_TRUE(plain.ends_with("\nx,=2\n")) << plain;
}

TEST(GuardedNames, AreTheNamesThemselvesInJson) {
  const JsonLines json("account,tx_bytes\n");
  EXPECT_EQ(json.line(written({"=1+1", "5"})), "{\"account\":\"=1+1\",\"tx_bytes\":5}\n");
}

TEST(GuardedNames, AreTheNamesThemselvesInARecordingThatIsRead) {
  Sample sample;
  sample.host = "+host";
  sample.iface = "=eth0";
  sample.account = "/a";
  sample.container = "@web";
  sample.pod = "-1+1";
  std::istringstream in(samples_header() + samples_row(sample));
  std::vector<Sample> found;
  const auto all = for_each_sample(in, "samples.csv", [&found](const Sample& one, std::size_t) {
    found.push_back(one);
    return Result<void>{};
  });
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].host, "+host");
  EXPECT_EQ(found[0].iface, "=eth0");
  EXPECT_EQ(found[0].container, "@web");
  EXPECT_EQ(found[0].pod, "-1+1");
}

}  // namespace
}  // namespace cgtally::csv
