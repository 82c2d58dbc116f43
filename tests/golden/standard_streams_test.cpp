// SPDX-License-Identifier: Apache-2.0
// The standard streams at their worst, for each command that answers without a ledger: an answer
// that did not arrive is a failure, a reader that has gone is none, and no message gets into a
// file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "adapters/sys/fd.h"
#include "harness/host/command.h"

namespace cgtally {
namespace {

using harness::finish;
using harness::Finished;

const std::string kRecording = std::string(CGTALLY_SOURCE_DIR) + "/share/sample.csv";
const std::string kComparison = std::string(CGTALLY_SOURCE_DIR) + "/tests/data/compare/node1.csv";

const std::vector<std::string> kCommands{"live",   "record",    "credits", "bursts", "serve",
                                         "totals", "lifecycle", "replay",  "report", "compare",
                                         "size",   "up",        "down",    "status", "doctor"};

// Everything that can be asked without root, as words for a shell.
std::vector<std::string> questions() {
  std::vector<std::string> all{"--help",
                               "--version",
                               "doctor",
                               "replay " + kRecording,
                               "replay --csv - " + kRecording,
                               "replay --json - " + kRecording,
                               "report " + kRecording,
                               "report -o - " + kRecording,
                               "report - < " + kRecording,
                               "size " + kRecording,
                               "size --csv - " + kRecording,
                               "size --json - " + kRecording,
                               "compare 'shop/api-0*' 'shop/api-1*' " + kComparison,
                               "compare 'shop/api-0*' 'shop/api-1*' --csv - " + kComparison};
  for (const std::string& command : kCommands) all.push_back(command + " --help");
  return all;
}

Finished ask(const std::string& question, const std::string& streams) {
  return finish({"sh", "-c", CGTALLY_BINARY " " + question + " " + streams});
}

TEST(StandardStreams, AnAnswerThatDidNotArriveIsAFailureOfEveryCommand) {
  for (const std::string& question : questions()) {
    const Finished full = ask(question, "> /dev/full");
    EXPECT_EQ(full.exit_code, 1) << question;
    EXPECT_NE(full.err.find("stdout: No space left on device\n  make room"), std::string::npos)
        << question << "\n"
        << full.err;
    const Finished closed = ask(question, ">&-");
    EXPECT_EQ(closed.exit_code, 1) << question;
    EXPECT_NE(closed.err.find("stdout: Bad file descriptor\n  it is closed"), std::string::npos)
        << question << "\n"
        << closed.err;
    // Without stderr there is only the exit code; without stdin nothing changes.
    EXPECT_EQ(ask(question, "> /dev/full 2>&-").exit_code, 1) << question;
  }
}

TEST(StandardStreams, AReaderThatHasGoneIsNoFailureOfAnyCommand) {
  for (const std::string& question : questions()) {
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const sys::Fd writer(ends[1]);
    ::close(ends[0]);
    const Finished gone =
        harness::Running({"sh", "-c", CGTALLY_BINARY " " + question}, writer).wait();
    EXPECT_EQ(gone.exit_code, 0) << question;
    EXPECT_EQ(gone.err.find("cgtally: "), std::string::npos) << question << "\n" << gone.err;
  }
}

TEST(StandardStreams, ThatAreClosedPutNoMessageIntoAFileThatIsWritten) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("cgtally_streams_" + std::to_string(getpid()));
  const auto content = [&](const std::string& question, const std::string& streams) {
    std::filesystem::remove(file);
    (void)ask(question, streams);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  };
  for (const std::string& question :
       {"size --csv " + file + " " + kRecording, "replay --csv " + file + " " + kRecording,
        "report -o " + file + " " + kRecording}) {
    const std::string whole = content(question, "> /dev/null");
    ASSERT_FALSE(whole.empty()) << question;
    for (const char* const streams : {">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
      EXPECT_EQ(content(question, streams), whole) << question << " " << streams;
    }
  }
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace cgtally
