// SPDX-License-Identifier: Apache-2.0
#include "adapters/text/line.h"

#include <gtest/gtest.h>

#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include "adapters/csv/rfc4180.h"

namespace cgtally::text {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  std::string line;
  while (read_line(in, line).value_or(false)) lines.push_back(line);
  EXPECT_TRUE(in.eof());
  return lines;
}

// Never ends, and counts what was taken.
class Endless : public std::streambuf {
 public:
  explicit Endless(char c) : block_(65'536, c) {}
  [[nodiscard]] std::size_t taken() const { return taken_; }

 protected:
  int_type underflow() override {
    taken_ += block_.size();
    setg(block_.data(), block_.data(), block_.data() + block_.size());
    return traits_type::to_int_type(block_.front());
  }

 private:
  std::string block_;
  std::size_t taken_ = 0;
};

TEST(Line, IsWhatGetlineGives) {
  for (const std::size_t length : {0, 1, 4094, 4095, 4096, 8190, 8191, 100'000}) {
    const std::string one(length, 'x');
    for (const std::string& text : {one + "\n" + one, "\n" + one + "\n", one + "\n\n" + one}) {
      std::istringstream in(text);
      std::vector<std::string> expected;
      for (std::string line; std::getline(in, line);) expected.push_back(line);
      EXPECT_EQ(lines_of(text), expected) << length;
    }
  }
  EXPECT_EQ(lines_of(std::string("a\0b\nc", 5)),
            (std::vector{std::string("a\0b", 3), std::string("c")}));
}

TEST(Line, WithoutAnEndIsAnErrorAfterAMegabyte) {
  Endless endless('x');
  std::istream in(&endless);
  std::string line;
  const auto read = read_line(in, line);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "a line that does not end within 1 MiB");
  EXPECT_LT(endless.taken(), 2 * kLongestLine);
}

TEST(Line, OfACsvWithoutAnEndOrAClosingQuoteIsAnErrorThatNamesTheLine) {
  for (const char c : {'x', '"'}) {
    Endless endless(c);
    std::istream in(&endless);
    csv::RecordReader reader(in);
    const auto read = reader.next();
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().what.starts_with("line 1: a line that does not end"))
        << read.error().what;
  }
  std::string text = "a,\"";
  for (int i = 0; i < 40; ++i) text += std::string(60'000, 'x') + "\n";
  std::istringstream quoted(text);
  csv::RecordReader reader(quoted);
  const auto read = reader.next();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "line 1: a quote that does not close for 1 MiB");
}

}  // namespace
}  // namespace cgtally::text
