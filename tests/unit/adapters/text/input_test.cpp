// SPDX-License-Identifier: Apache-2.0
// Files come out as plain UTF-8, whole or with an Error.
#include "adapters/text/input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace cgtally::text {
namespace {

class TextInput : public testing::Test {
 protected:
  ~TextInput() override { std::filesystem::remove(path_); }

  std::string read(std::string_view bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    auto input = Input::open(path_);
    if (!input) return "Error: " + input.error().what;
    std::ostringstream out;
    out << input->stream().rdbuf();
    const auto intact = input->intact();
    return intact ? out.str() : "Error: " + intact.error().what;
  }

  std::string path_ = testing::TempDir() + "cgt-input-" + std::to_string(getpid());
};

std::string data(const std::string& name) {
  std::ifstream in(std::string(CGTALLY_SOURCE_DIR) + "/tests/data/series/cloudwatch/" + name,
                   std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST_F(TextInput, TakesByteOrderMarksAndUtf16Off) {
  using namespace std::string_view_literals;
  EXPECT_EQ(read("a,b\n"), "a,b\n");
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "a,b\n"),
            "a,b\n");
  EXPECT_EQ(read("\xFF\xFE"
                 "a\0,\0\xE4\0\n\0"sv),
            "a,\xC3\xA4\n");
  EXPECT_EQ(read("\xFE\xFF\0a\0,\x20\xAC\0\n"sv), "a,\xE2\x82\xAC\n");
  EXPECT_EQ(read("t\0i\0m\0e\0"sv), "time");
  EXPECT_EQ(read("\xFF\xFE\x3D\xD8\x00\xDE"sv), "\xF0\x9F\x98\x80");
}

TEST_F(TextInput, OfADirectoryIsAnErrorThatSaysSo) {
  const auto input = Input::open("/proc");
  ASSERT_FALSE(input);
  EXPECT_EQ(input.error().what, "/proc is a directory");
}

TEST_F(TextInput, UnpacksGzipAlsoWhereFilesWereJoined) {
  const std::string packed = data("cloudwatch_sum.json.gz");
  const std::string plain = data("cloudwatch_sum.json");
  EXPECT_EQ(read(packed), plain);
  EXPECT_EQ(read(packed + packed), plain + plain);
}

TEST_F(TextInput, SaysThatAFileIsCutOrDamaged) {
  const std::string packed = data("cloudwatch_sum.json.gz");
  EXPECT_EQ(read(packed.substr(0, packed.size() / 2)),
            "Error: " + path_ + " ends in the middle of its packed data");
  std::string damaged = packed;
  damaged[damaged.size() / 2] ^= 0x55;
  EXPECT_EQ(read(damaged).substr(0, 6), "Error:");
}

TEST_F(TextInput, ShowsTheHeadAndStillGivesAll) {
  std::ofstream(path_) << "time,value\n1,2\n";
  auto input = Input::open(path_);
  ASSERT_TRUE(input);
  EXPECT_TRUE(input->head().starts_with("time,value"));
  std::string line;
  std::getline(input->stream(), line);
  EXPECT_EQ(line, "time,value");
  EXPECT_FALSE(Input::open(path_ + ".none"));
}

}  // namespace
}  // namespace cgtally::text
