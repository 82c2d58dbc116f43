// SPDX-License-Identifier: Apache-2.0
// Rows that find no room: they wait in their order, it is said once, only so many are kept, and
// those that are missing in the end are counted.
#include "monitor/output/row_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "unit/file_size_limit.h"

namespace cgtally::monitor {
namespace {

using Sentences = std::vector<std::string>;

class RowWriterTest : public testing::Test {
 protected:
  ~RowWriterTest() override { std::filesystem::remove(path_); }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  RowWriter open() {
    notices_.deliver_to([this](const std::string& notice) { said_.push_back(notice); });
    auto rows = RowWriter::open(path_, "a,b\n", "pairs", {}, notices_);
    EXPECT_TRUE(rows->begin());
    return *std::move(rows);
  }

  Sentences said() { return std::exchange(said_, {}); }

  Notices notices_;
  Sentences said_;
  std::string path_ = testing::TempDir() + "cgt-rows-" + std::to_string(::getpid()) + ".csv";
};

TEST_F(RowWriterTest, WritesWhatWaitedInItsOrderWhenThereIsRoom) {
  RowWriter rows = open();
  rows.put("1,2\n");
  EXPECT_TRUE(rows.write());
  {
    const FileSizeLimit full(content().size() + 2);
    rows.put("3,4\n");
    EXPECT_TRUE(rows.write());
    rows.put("5,6\n");
    EXPECT_TRUE(rows.write());
  }
  EXPECT_EQ(content(), "a,b\n1,2\n") << "a line is there as a whole or not at all";
  EXPECT_EQ(said(), Sentences{"write to " + path_ + ": File too large: pairs are " +
                              "kept until there is room"});
  EXPECT_TRUE(rows.write());
  EXPECT_EQ(content(), "a,b\n1,2\n3,4\n5,6\n");
  EXPECT_EQ(said(), Sentences{"writing " + path_ + " works again"});
  EXPECT_FALSE(rows.missing_rows());
}

TEST_F(RowWriterTest, SaysAnewWhenThereIsNoRoomOnceMore) {
  RowWriter rows = open();
  for (int time = 0; time < 2; ++time) {
    rows.put("1,2\n");
    {
      const FileSizeLimit full(content().size());
      EXPECT_TRUE(rows.write());
      EXPECT_EQ(said().size(), 1U);
      EXPECT_TRUE(rows.write());
      EXPECT_TRUE(said().empty());
    }
    EXPECT_TRUE(rows.write());
    EXPECT_EQ(said().size(), 1U);
  }
}

TEST_F(RowWriterTest, NamesTheRowsThatNeverFoundRoom) {
  RowWriter rows = open();
  const FileSizeLimit full(content().size());
  rows.put("1,2\n");
  rows.put("3,4\n");
  EXPECT_TRUE(rows.write());
  const auto missing = rows.missing_rows();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->what,
            "2 rows of pairs are missing in " + path_ + ": write to " + path_ + ": File too large");
  EXPECT_EQ(missing->hint, "make room before the next run");
}

TEST_F(RowWriterTest, CountsThoseThatAreTooManyToWait) {
  constexpr std::size_t kMostWaiting = 65'536;
  RowWriter rows = open();
  {
    const FileSizeLimit full(content().size());
    for (std::size_t i = 0; i < kMostWaiting + 3; ++i) rows.put("1,2\n");
    EXPECT_TRUE(rows.write());
  }
  EXPECT_TRUE(rows.write());
  EXPECT_EQ(content().size(), 4 + 4 * kMostWaiting);
  const auto missing = rows.missing_rows();
  ASSERT_TRUE(missing) << "what was lost stays lost";
  EXPECT_EQ(missing->what, "3 rows of pairs are missing in " + path_);
}

TEST_F(RowWriterTest, WritesTheHeaderWhenItBeginsAndNotBefore) {
  auto rows = RowWriter::open(path_, "a,b\n", "pairs", {}, notices_);
  ASSERT_TRUE(rows) << rows.error().what;
  EXPECT_EQ(content(), "");
  EXPECT_TRUE(rows->begin());
  EXPECT_TRUE(rows->begin());
  EXPECT_EQ(content(), "a,b\n");
}

TEST_F(RowWriterTest, HearsThatNobodyReadsAnyMore) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  auto rows = RowWriter::open("/dev/fd/" + std::to_string(ends[1]), "a,b\n", "pairs", {}, notices_);
  ASSERT_TRUE(rows) << rows.error().what;
  rows->put("1,2\n");
  EXPECT_TRUE(rows->write());
  ::close(ends[0]);
  rows->put("3,4\n");
  EXPECT_FALSE(rows->write());
  ::close(ends[1]);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST(RowWriter, CannotBeginOnADeviceThatIsFull) {
  Notices notices;
  auto rows = RowWriter::open("/dev/full", "a,b\n", "pairs", {}, notices);
  ASSERT_TRUE(rows) << rows.error().what;
  const auto begun = rows->begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().what, "write to /dev/full: No space left on device");
}

}  // namespace
}  // namespace cgtally::monitor
