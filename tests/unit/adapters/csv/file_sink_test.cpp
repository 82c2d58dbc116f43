// SPDX-License-Identifier: Apache-2.0
// A CSV on a full disk, in a file that a crash has torn, in a pipe without a reader: the file
// always holds whole lines, and the caller knows which of its lines are there.
#include "adapters/csv/file_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "unit/file_size_limit.h"

namespace cgtally::csv {
namespace {

class SinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cgt-sink-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ + "/samples.csv";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void put(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }

  std::string directory_;
  std::string path_;
};

// Another stdout for as long as this lives.
class Stdout {
 public:
  explicit Stdout(int fd) : saved_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    ::dup2(fd, STDOUT_FILENO);
  }
  Stdout(const Stdout&) = delete;
  Stdout& operator=(const Stdout&) = delete;
  ~Stdout() {
    ::dup2(saved_, STDOUT_FILENO);
    ::close(saved_);
  }

 private:
  int saved_;
};

TEST_F(SinkTest, BeginsANewFileWithTheHeader) {
  auto sink = FileSink::open(path_, "a,b\n");
  ASSERT_TRUE(sink) << sink.error().what;
  EXPECT_TRUE(sink->write({"1,2\n", "3,4\n"}));
  EXPECT_EQ(content(), "a,b\n1,2\n3,4\n");
}

TEST_F(SinkTest, EndsTheHeaderWithALineEndIfItHasNone) {
  ASSERT_TRUE(FileSink::open(path_, "a,b"));
  EXPECT_EQ(content(), "a,b\n");
}

TEST_F(SinkTest, AppendsToAFileOfTheSameHeader) {
  put("a,b\n1,2\n");
  auto sink = FileSink::open(path_, "a,b\n");
  ASSERT_TRUE(sink) << sink.error().what;
  EXPECT_TRUE(sink->write({"3,4\n"}));
  EXPECT_EQ(content(), "a,b\n1,2\n3,4\n");
}

TEST_F(SinkTest, CutsOffALastLineThatACrashHasTorn) {
  put("a,b\n1,2\n3,");
  ASSERT_TRUE(FileSink::open(path_, "a,b\n")->write({"5,6\n"}));
  EXPECT_EQ(content(), "a,b\n1,2\n5,6\n");
}

TEST_F(SinkTest, CutsOffATornLineThatIsLongerThanABlock) {
  put("a,b\n1,2\n" + std::string(10'000, '3'));
  ASSERT_TRUE(FileSink::open(path_, "a,b\n"));
  EXPECT_EQ(content(), "a,b\n1,2\n");
}

TEST_F(SinkTest, WritesATornHeaderAnew) {
  put("a,");
  ASSERT_TRUE(FileSink::open(path_, "a,b\n"));
  EXPECT_EQ(content(), "a,b\n");
}

TEST_F(SinkTest, LeavesAFileOfOtherColumnsAlone) {
  for (const char* other : {"a,b,c\n1,2,3\n", "a\n1\n", "notes", "a,b and more\n"}) {
    put(other);
    const auto sink = FileSink::open(path_, "a,b\n");
    ASSERT_FALSE(sink) << other;
    EXPECT_NE(sink.error().what.find(path_), std::string::npos);
    EXPECT_FALSE(sink.error().hint.empty());
    EXPECT_EQ(content(), other);
  }
}

TEST_F(SinkTest, LetsOnlyOneWriterHaveAFile) {
  const auto first = FileSink::open(path_, "a,b\n");
  ASSERT_TRUE(first);
  const auto second = FileSink::open(path_, "a,b\n");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().hint.find("choose another file"), std::string::npos);
}

TEST_F(SinkTest, KeepsAllLinesOrNoneWhereTheDiskIsFullAndGoesOnWhenThereIsRoom) {
  auto sink = FileSink::open(path_, "a,b\n");
  ASSERT_TRUE(sink);
  ASSERT_TRUE(sink->write({"1,2\n"}));
  {
    const FileSizeLimit full(14);
    const auto failed = sink->write({"3,4\n", "5,6\n", "7,8\n"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, EFBIG);
    EXPECT_FALSE(failed.error().hint.empty());
    EXPECT_EQ(content(), "a,b\n1,2\n") << "10 of 12 bytes fitted: a line and a half";
  }
  EXPECT_TRUE(sink->write({"9,9\n"}));
  EXPECT_EQ(content(), "a,b\n1,2\n9,9\n");
}

TEST_F(SinkTest, CutsBackAStdoutThatIsAFile) {
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  {
    const Stdout redirected(file);
    auto sink = FileSink::open("-", "a,b\n");
    ASSERT_TRUE(sink) << sink.error().what;
    {
      const FileSizeLimit full(7);
      EXPECT_FALSE(sink->write({"1,2\n"}));
    }
    EXPECT_TRUE(sink->write({"3,4\n"}));
  }
  ::close(file);
  EXPECT_EQ(content(), "a,b\n3,4\n");
}

TEST_F(SinkTest, SaysThatNobodyReadsThePipeAnyMore) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    const Stdout redirected(ends[1]);
    ::close(ends[1]);
    auto sink = FileSink::open("-", "a,b\n");
    ASSERT_TRUE(sink);
    ::close(ends[0]);
    const auto failed = sink->write({"1,2\n"});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, EPIPE);
  }
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_F(SinkTest, WritesAllOfItToAPipeThatTakesLittleAtATime) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const std::string line(200'000, 'x');
  std::string received;
  {
    const Stdout redirected(ends[1]);
    ::close(ends[1]);
    std::jthread reader([&] {
      std::array<char, 4096> block{};
      pollfd arrival{.fd = ends[0], .events = POLLIN, .revents = 0};
      while (received.size() < line.size() + 5 && ::poll(&arrival, 1, 1000) > 0) {
        const ssize_t got = ::read(ends[0], block.data(), block.size());
        received.append(block.data(), static_cast<std::size_t>(got > 0 ? got : 0));
      }
    });
    EXPECT_TRUE(FileSink::open("-", "a,b")->write({line + "\n"}));
  }
  ::close(ends[0]);
  EXPECT_EQ(received, "a,b\n" + line + "\n");
}

TEST_F(SinkTest, SaysWhatIsWrongWithADeviceThatIsFull) {
  const auto full = FileSink::open("/dev/full", "a,b\n");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ENOSPC);
  EXPECT_EQ(full.error().what, "write to /dev/full: No space left on device");
  EXPECT_TRUE(FileSink::open("/dev/null", "a,b\n"));
}

TEST_F(SinkTest, SaysWhatIsWrongWithAPath) {
  const auto nowhere = FileSink::open(directory_ + "/no/x.csv", "a,b\n");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, ENOENT);
  EXPECT_EQ(nowhere.error().hint, "create its directory first");
  const auto is_directory = FileSink::open(directory_, "a,b\n");
  ASSERT_FALSE(is_directory);
  EXPECT_EQ(is_directory.error().code, EISDIR);
}

}  // namespace
}  // namespace cgtally::csv
