// SPDX-License-Identifier: Apache-2.0
// The rows of a CSV as JSON lines: the same columns, numbers as numbers digit by digit, nothing
// that is not JSON; and a file of them that is appended to as a CSV is.
#include "adapters/csv/json_lines.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/csv/file_sink.h"
#include "adapters/csv/samples.h"

namespace cgtally::csv {
namespace {

const std::string kHeader = "time,account,bytes,top_share\n";
const JsonLines kLines(kHeader);

TEST(JsonLinesOfACsv, HaveItsColumnsAsKeysAndNullForAnEmptyField) {
  EXPECT_EQ(kLines.line("2026-11-21T11:42:07Z,/a,7,0.2500\n"),
            "{\"time\":\"2026-11-21T11:42:07Z\",\"account\":\"/a\",\"bytes\":7,"
            "\"top_share\":0.2500}\n");
  EXPECT_EQ(kLines.line(",,,\n"),
            "{\"time\":null,\"account\":null,\"bytes\":null,\"top_share\":null}\n");
}

TEST(JsonLinesOfACsv, KeepWholeNumbersDigitByDigitAndNamesOfDigitsAsText) {
  EXPECT_EQ(kLines.line("t,4711,18446744073709551615,-0.5\n"),
            "{\"time\":\"t\",\"account\":\"4711\",\"bytes\":18446744073709551615,"
            "\"top_share\":-0.5}\n");
}

TEST(JsonLinesOfACsv, QuoteWhatIsNoNumberOfJson) {
  for (const char* const odd : {"inf", "nan", "007", "1.", ".5", "+1", "1e3", "0x1", "-"}) {
    EXPECT_EQ(kLines.line("t,/a," + std::string(odd) + ",1\n"),
              "{\"time\":\"t\",\"account\":\"/a\",\"bytes\":\"" + std::string(odd) +
                  "\",\"top_share\":1}\n");
  }
}

TEST(JsonLinesOfACsv, LeaveNoNameAWayOutOfItsQuotes) {
  EXPECT_EQ(kLines.line("t,\"/a\"\",\"\"x\"\":1,\\\",7,\n"),
            "{\"time\":\"t\",\"account\":\"/a\\\",\\\"x\\\":1,\\\\\",\"bytes\":7,"
            "\"top_share\":null}\n");
  EXPECT_EQ(kLines.line("t,/\x1b[2J\xff\xc3\xa4,7,\n"),
            "{\"time\":\"t\",\"account\":\"/\\\\x1b[2J\\\\xff\xc3\xa4\",\"bytes\":7,"
            "\"top_share\":null}\n");
}

TEST(JsonLinesOfACsv, KnowTheirOwnLinesAndNoOthers) {
  const std::string line = kLines.line("t,\"/a\"\"}\\\",7,\n");
  EXPECT_TRUE(kLines.wrote(line));
  for (std::size_t torn = 0; torn < line.size(); ++torn) {
    EXPECT_TRUE(kLines.wrote(line.substr(0, torn))) << torn;
  }
  EXPECT_FALSE(kLines.wrote(kHeader));
  EXPECT_FALSE(kLines.wrote("{\"time\":\"t\",\"account\":\"/a\",\"bytes\":7}\n"));
  EXPECT_FALSE(kLines.wrote(JsonLines("time,account,bytes,top_share,cause\n").line("t,,,,\n")));
  EXPECT_FALSE(kLines.wrote("t"));
}

class JsonFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cgt-json-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] RowFile file() const {
    return {directory_ + "/rows", RowFormat::json_lines, "--json"};
  }
  void put(const std::string& text) const { std::ofstream(file().path) << text; }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file().path).rdbuf();
    return text.str();
  }

  const std::string one_ = kLines.line("1,,,\n");
  const std::string two_ = kLines.line("2,,,\n");
  std::string directory_;
};

TEST_F(JsonFileTest, HasNoHeaderAndIsAppendedTo) {
  ASSERT_TRUE(FileSink::open(file(), kHeader));
  EXPECT_EQ(content(), "");
  ASSERT_TRUE(FileSink::open(file(), kHeader)->write({"1,,,\n"}));
  ASSERT_TRUE(FileSink::open(file(), kHeader)->write({"2,,,\n"}));
  EXPECT_EQ(content(), one_ + two_);
}

TEST_F(JsonFileTest, LosesALineThatACrashHasTorn) {
  put(one_ + two_.substr(0, 20));
  ASSERT_TRUE(FileSink::open(file(), kHeader)->write({"2,,,\n"}));
  EXPECT_EQ(content(), one_ + two_);
  put(two_.substr(0, 20));
  ASSERT_TRUE(FileSink::open(file(), kHeader)->write({"1,,,\n"}));
  EXPECT_EQ(content(), one_);
}

TEST_F(JsonFileTest, IsRefusedIfItHasOtherColumns) {
  for (const std::string& other : {kHeader, std::string("{\"time\":1}\n"), std::string("text")}) {
    put(other);
    const auto sink = FileSink::open(file(), kHeader);
    ASSERT_FALSE(sink);
    EXPECT_NE(sink.error().what.find("is not a recording with these columns"), std::string::npos);
    EXPECT_EQ(content(), other);
  }
}

}  // namespace
}  // namespace cgtally::csv
