// SPDX-License-Identifier: Apache-2.0
// Messages on a stderr that nobody reads: the program goes on, and says later how many are lacking.
#include "cli/output/messages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "adapters/sys/fd.h"

namespace cgtally::cli {
namespace {

// A pipe in the place of stderr.
class MessagesTest : public testing::Test {
 protected:
  MessagesTest() : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reader_ = sys::Fd(ends[0]);
    const sys::Fd writer(ends[1]);
    ::dup2(writer.get(), STDERR_FILENO);
    ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
  }
  ~MessagesTest() override { ::dup2(before_.get(), STDERR_FILENO); }

  static void fill() {
    ::fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    const std::string page(4096, 'x');
    while (::write(STDERR_FILENO, page.data(), page.size()) > 0) {
    }
    ::fcntl(STDERR_FILENO, F_SETFL, 0);
  }
  std::string taken() {
    std::string all;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(reader_.get(), part.data(), part.size())) > 0;) {
      all.append(part.data(), static_cast<std::size_t>(got));
    }
    return all;
  }

  sys::Fd before_;
  sys::Fd reader_;
};

TEST_F(MessagesTest, ThatNobodyTakesHoldUpNothingAndAreCounted) {
  say("one");
  EXPECT_EQ(taken(), "cgtally: one\n");
  fill();
  say("two");
  say("three");
  (void)taken();
  say("four");
  EXPECT_EQ(taken(),
            "cgtally: 2 messages before this could not be written, because nobody took them\n"
            "cgtally: four\n");
  say("five");
  EXPECT_EQ(taken(), "cgtally: five\n");
}

}  // namespace
}  // namespace cgtally::cli
