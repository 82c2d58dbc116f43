// SPDX-License-Identifier: Apache-2.0
// Dumps on their way to the disk: rows, names, how many are kept, and what is said when they cannot
// be written.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "adapters/csv/dumps/burst_windows.h"
#include "adapters/csv/dumps/dump_directory.h"
#include "monitor/bursts/dump_writer.h"

namespace cgtally {
namespace {

using namespace std::chrono_literals;

constexpr Account kRedis{.kind = AccountKind::cgroup, .cgroup_id = 7};
constexpr Account kKernel{.kind = AccountKind::kernel, .cgroup_id = 0};
constexpr Nanoseconds kBootedAt = 1'795'347'000s;  // 2026-11-22T11:30:00Z

std::string name_of(const Account& account) {
  return account == kRedis ? "/redis.service" : "(kernel)";
}

FlightDump dump() {
  FlightDump dump{.iface = "eth0",
                  .direction = Direction::tx,
                  .start = 727'113ms,
                  .wall_ahead = kBootedAt,
                  .window = 1ms,
                  .range = {727'110, 727'120},
                  .extracts = {}};
  dump.extracts.tx.windows = {{.window_index = 727'113,
                               .bytes = {9'000},
                               .packets = {6},
                               .error = {500},
                               .shares = {{kRedis, {8'000}}, {kKernel, {700}}}},
                              {.window_index = 727'116,
                               .bytes = {100},
                               .packets = {1},
                               .error = {},
                               .shares = {{kRedis, {100}}}}};
  dump.extracts.tx.bursts = {{727'113, 727'114}};
  dump.extracts.tx.unknown = {
      {.range = {727'114, 727'116}, .bytes = Bytes{55}, .packets = Packets{2}},
      {.range = {727'118, 727'120}, .bytes = std::nullopt, .packets = std::nullopt}};
  dump.extracts.rx.windows = {
      {.window_index = 727'112, .bytes = {60}, .packets = {1}, .error = {60}, .shares = {}}};
  return dump;
}

class Dumps : public testing::Test {
 protected:
  Dumps() : directory_(testing::TempDir() + "cgt-dumps-" + std::to_string(getpid())) {}
  ~Dumps() override { std::filesystem::remove_all(directory_); }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }
  static std::string name(int second) {
    FlightDump one = dump();
    one.start += std::chrono::seconds(second);
    return csv::windows_file_name(one);
  }
  // A dump of so many bytes.
  static std::string windows(std::size_t bytes) {
    std::string text = csv::windows_header();
    text.resize(bytes, '\n');
    return text;
  }
  static std::vector<std::string> sorted(std::vector<std::string> names) {
    std::ranges::sort(names);
    return names;
  }
  void put(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories(directory_);
    std::ofstream(directory_ + "/" + file) << text;
  }
  [[nodiscard]] std::string text_of(const std::string& file) const {
    std::ostringstream text;
    text << std::ifstream(directory_ + "/" + file).rdbuf();
    return text.str();
  }
  std::string directory_;
};

TEST_F(Dumps, HaveARowForEachWindowWithTrafficAndForWhatNobodyKnows) {
  EXPECT_EQ(csv::windows_text(dump(), name_of),
            "time,boot_ns,iface,direction,bytes,packets,top_account,top_bytes,top_bytes_hi,"
            "account_2,bytes_2,bytes_2_hi,account_3,bytes_3,bytes_3_hi,"
            "account_4,bytes_4,bytes_4_hi,window_ns,burst_ns,missed\n"
            "2026-11-22T11:42:07.112000000Z,727112000000,eth0,rx,60,1,,,,,,,,,,,,,1000000,,\n"
            "2026-11-22T11:42:07.113000000Z,727113000000,eth0,tx,9000,6,"
            "/redis.service,8000,8300,(kernel),700,1000,,,,,,,1000000,727113000000,\n"
            "2026-11-22T11:42:07.114000000Z,727114000000,eth0,tx,55,2,,,,,,,,,,,,,1000000,,2\n"
            "2026-11-22T11:42:07.116000000Z,727116000000,eth0,tx,100,1,"
            "/redis.service,100,100,,,,,,,,,,1000000,,\n"
            "2026-11-22T11:42:07.118000000Z,727118000000,eth0,tx,,,,,,,,,,,,,,,1000000,,2\n");
}

TEST_F(Dumps, AreNamedByTheStartOfTheBurst) {
  EXPECT_EQ(csv::windows_file_name(dump()), "burst-20261122T114207.113Z-eth0-tx.csv");
  FlightDump elsewhere = dump();
  elsewhere.iface = "eth0@/run/netns/a";
  EXPECT_EQ(csv::windows_file_name(elsewhere),
            "burst-20261122T114207.113Z-eth0@_run_netns_a-tx.csv");
  EXPECT_TRUE(csv::is_windows_file_name(csv::windows_file_name(elsewhere)));
  EXPECT_TRUE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx.csv.new"));
  EXPECT_TRUE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx.csv.4711"));
  EXPECT_TRUE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx.csv.4711.new"));
  EXPECT_EQ(csv::numbered_windows_file_name(csv::windows_file_name(dump()), 1),
            csv::windows_file_name(dump()));
  EXPECT_EQ(csv::numbered_windows_file_name(csv::windows_file_name(dump()), 12),
            "burst-20261122T114207.113Z-eth0-tx-12.csv");
  EXPECT_TRUE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx-12.csv"));
  EXPECT_FALSE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx-.csv"));
  EXPECT_FALSE(csv::is_windows_file_name("burst-20261122T114207.113Z-eth0-tx.csv.gz"));
  EXPECT_FALSE(csv::is_windows_file_name("burst-20261122-114207.113Z-eth0-tx.csv"));
  EXPECT_FALSE(csv::is_windows_file_name("burst-20261122T114207.113Z--tx.csv"));
  EXPECT_FALSE(csv::is_windows_file_name("bursts.csv"));
}

TEST_F(Dumps, AreTheNewestOfAllRunsAndNothingElseGoes) {
  put(name(0) + ".77.new", "time,boo");  // of a run that was killed
  put(name(1), windows(300));
  put(name(2), windows(300));
  put("burst-notes.csv", "x");
  csv::DumpDirectory dumps(directory_, {.files = 3, .bytes = {1'000'000}});
  ASSERT_TRUE(dumps.open());
  ASSERT_TRUE(dumps.write(name(4), windows(300)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(1), name(2), name(4), "burst-notes.csv"}));
  // A clock that was set back: what comes last is the newest all the same.
  ASSERT_TRUE(dumps.write(name(-9), windows(300)));
  ASSERT_TRUE(dumps.write(name(-8), windows(300)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(-9), name(-8), name(4), "burst-notes.csv"}));
}

TEST_F(Dumps, HaveNoMoreBytesInAllThanTheyMay) {
  put(name(1), windows(4'000));  // of an earlier run
  put(name(2), windows(3'000));
  csv::DumpDirectory dumps(directory_, {.files = 100, .bytes = {10'000}});
  ASSERT_TRUE(dumps.open());
  ASSERT_TRUE(dumps.write(name(3), windows(3'000)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(1), name(2), name(3)}));  // to the byte
  ASSERT_TRUE(dumps.write(name(4), windows(300)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(2), name(3), name(4)}));
  ASSERT_TRUE(dumps.write(name(5), windows(9'000)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(4), name(5)}));
  const auto large = dumps.write(name(6), windows(10'001));
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, EFBIG);
  EXPECT_EQ(files(), (std::vector<std::string>{name(4), name(5)}));  // nothing went for it
}

TEST_F(Dumps, NeverTakeThePlaceOfAnotherFileNorRemoveWhatIsNotADump) {
  put(name(1), "my notes on that burst");  // our name, and not ours
  std::filesystem::create_directory(directory_ + "/" + name(2));
  put("kept.csv", windows(300));
  std::filesystem::create_symlink("kept.csv", directory_ + "/" + name(3));
  csv::DumpDirectory dumps(directory_, {.files = 2, .bytes = {1'000}});
  ASSERT_TRUE(dumps.open());
  for (const int second : {1, 2, 3, 4, 4, 4}) {
    ASSERT_TRUE(dumps.write(name(second), windows(400)));
  }
  const std::string second = csv::numbered_windows_file_name(name(4), 2);
  EXPECT_EQ(files(), sorted({name(1), name(2), name(3), "kept.csv", name(4), second}));
  EXPECT_EQ(text_of(name(1)), "my notes on that burst");
  EXPECT_TRUE(std::filesystem::is_directory(directory_ + "/" + name(2)));
  EXPECT_TRUE(std::filesystem::is_symlink(directory_ + "/" + name(3)));
}

TEST_F(Dumps, OfTwoRecordersInOnePlaceAreAllThere) {
  csv::DumpDirectory one(directory_, {.files = 10, .bytes = {10'000}});
  csv::DumpDirectory other(directory_, {.files = 10, .bytes = {10'000}});
  ASSERT_TRUE(one.open());
  ASSERT_TRUE(other.open());
  ASSERT_TRUE(one.write(name(1), windows(300)));
  ASSERT_TRUE(other.write(name(1), windows(301)));
  EXPECT_EQ(text_of(name(1)).size(), 300U);
  EXPECT_EQ(text_of(csv::numbered_windows_file_name(name(1), 2)).size(), 301U);
}

TEST_F(Dumps, OfWhichOneIsTooLargeAreOneShortAndTheCureIsNamed) {
  monitor::Notices notices;
  monitor::DumpWriter writer(directory_, {.files = 3, .bytes = {200}}, notices);
  writer.put(dump(), {{kRedis, "/redis.service"}});
  writer.finish();
  ASSERT_TRUE(writer.missing());
  EXPECT_NE(writer.missing()->what.find("1 dump is missing"), std::string::npos);
  EXPECT_NE(writer.missing()->what.find("more than all dumps may have (200 B)"), std::string::npos);
  EXPECT_NE(writer.missing()->hint.find("--dump-size"), std::string::npos);
  EXPECT_TRUE(files().empty());
}

TEST_F(Dumps, GoNowhereBySomebodyElsesLinkAndLeaveTheirFilesAlone) {
  const std::string elsewhere = directory_ + "-elsewhere";
  std::filesystem::create_directories(elsewhere);
  std::filesystem::create_symlink(elsewhere, directory_);
  if (::lchown(directory_.c_str(), 65534, 65534) != 0) GTEST_SKIP() << "takes root";
  csv::DumpDirectory led(directory_, {.files = 1, .bytes = {1'000'000}});
  EXPECT_FALSE(led.open());
  EXPECT_FALSE(led.write(name(1), windows(1000)));
  EXPECT_TRUE(std::filesystem::is_empty(elsewhere));
  std::filesystem::remove(directory_);
  std::filesystem::remove(elsewhere);

  put(name(1), windows(1000));
  ::chmod(directory_.c_str(), 01777);
  EXPECT_EQ(::lchown((directory_ + "/" + name(1)).c_str(), 65534, 65534), 0);
  ASSERT_EQ(::mkfifo((directory_ + "/" + name(2)).c_str(), 0600), 0);
  csv::DumpDirectory ours(directory_, {.files = 1, .bytes = {1'000'000}});
  ASSERT_TRUE(ours.open());
  EXPECT_TRUE(ours.write(name(3), windows(1000)));
  EXPECT_TRUE(ours.write(name(4), windows(1000)));
  EXPECT_EQ(files(), (std::vector<std::string>{name(1), name(2), name(4)}));
}

TEST_F(Dumps, ThatCannotBeWrittenAreSaidOnceAndTriedAgain) {
  std::ofstream(directory_) << "a file where the directory should be";
  std::vector<std::string> said;
  monitor::Notices notices;
  notices.deliver_to([&said](const std::string& notice) { said.push_back(notice); });
  monitor::DumpWriter writer(directory_, {.files = 3, .bytes = {1'000'000}}, notices);
  const auto at_start = std::exchange(said, {});
  ASSERT_EQ(at_start.size(), 1U);
  EXPECT_NE(at_start[0].find(directory_), std::string::npos) << at_start[0];
  writer.put(dump(), {{kRedis, "/redis.service"}});
  writer.put(dump(), {{kRedis, "/redis.service"}});
  const auto lost = [&] {
    for (int i = 0; i < 1000; ++i) {
      const auto missing = writer.missing();
      if (missing && missing->what.starts_with("2 dumps")) return true;
      usleep(10'000);
    }
    return false;
  };
  EXPECT_TRUE(lost());
  writer.report_news();
  EXPECT_TRUE(said.empty());
  std::filesystem::remove(directory_);
  writer.put(dump(), {{kRedis, "/redis.service"}});
  writer.finish();
  const auto again = std::exchange(said, {});
  ASSERT_EQ(again.size(), 1U);
  EXPECT_NE(again[0].find("works again"), std::string::npos) << again[0];
  ASSERT_TRUE(writer.missing());
  EXPECT_EQ(writer.missing()->what, "2 dumps are missing in " + directory_);
  EXPECT_NE(writer.summary().find("1 written to "), std::string::npos);
  EXPECT_NE(text_of(name(0)).find("/redis.service,8000"), std::string::npos);
}

}  // namespace
}  // namespace cgtally
