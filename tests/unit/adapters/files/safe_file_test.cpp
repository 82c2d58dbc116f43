// SPDX-License-Identifier: Apache-2.0
// Files in places that somebody else may have prepared, and files that are whole or absent. What
// takes another user is left out for who is not root.
#include "adapters/files/safe_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "adapters/files/new_file.h"
#include "adapters/files/state_file.h"

namespace cgtally::files {
namespace {

constexpr uid_t kNobody = 65534;
constexpr mode_t kAll = 0777;

class SafeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "cgt-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = std::filesystem::canonical(name);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  [[nodiscard]] std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path(name)).rdbuf();
    return text.str();
  }
  [[nodiscard]] mode_t mode(const std::string& name) const {
    struct stat status{};
    return ::stat(path(name).c_str(), &status) == 0 ? status.st_mode & kAll : 0;
  }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_),
                                                  std::filesystem::directory_iterator()));
  }
  [[nodiscard]] bool give_to_nobody(const std::string& name) const {
    return ::lchown(path(name).c_str(), kNobody, kNobody) == 0;
  }
  void let_everybody_write() const { ::chmod(directory_.c_str(), 01777); }

  std::string directory_;
};

TEST_F(SafeFileTest, ALinkOfOursIsFollowedOnTheWayAndAtItsEnd) {
  std::filesystem::create_directory(path("disk"));
  std::filesystem::create_symlink("disk", path("way"));
  std::filesystem::create_symlink("way/../disk/rows", path("end"));
  ASSERT_TRUE(open_to_append(path("way/rows")));
  const auto file = open_to_append(path("end"));
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(::write(file->get(), "x", 1), 1);
  EXPECT_EQ(content("disk/rows"), "x");
  EXPECT_TRUE(std::filesystem::is_symlink(path("end")));
}

TEST_F(SafeFileTest, ALinkOfSomebodyElseIsRefusedAndNamed) {
  std::filesystem::create_symlink(path("target"), path("link"));
  if (!give_to_nobody("link")) GTEST_SKIP() << "takes root";
  for (const bool everybody : {false, true}) {
    if (everybody) let_everybody_write();
    for (const char* name : {"link", "link/rows"}) {
      const auto file = open_to_append(path(name));
      ASSERT_FALSE(file) << name;
      EXPECT_EQ(file.error().what,
                path("link") + " is a symbolic link of user 65534, not of user 0");
      EXPECT_EQ(file.error().hint, "name the file that it leads to, or remove the link");
    }
  }
  EXPECT_FALSE(std::filesystem::exists(path("target")));
}

TEST_F(SafeFileTest, AnotherNameOfALinkOrAFileOfOursIsNotBelievedWhereOthersMayWrite) {
  std::filesystem::create_directory(path("ours"));
  put("ours/file", "text");
  std::filesystem::create_symlink("file", path("ours/link"));
  ASSERT_EQ(::link(path("ours/file").c_str(), path("file").c_str()), 0);
  ASSERT_EQ(::linkat(AT_FDCWD, path("ours/link").c_str(), AT_FDCWD, path("link").c_str(), 0), 0);
  EXPECT_TRUE(open_to_append(path("file")));
  EXPECT_TRUE(open_to_append(path("link")));
  let_everybody_write();
  EXPECT_FALSE(open_to_append(path("file")));
  EXPECT_FALSE(open_to_append(path("link")));
  EXPECT_FALSE(read_own(path("file"), 100));
  EXPECT_TRUE(open_to_append(path("ours/file")));
}

TEST_F(SafeFileTest, LinksThatLeadInACircleEnd) {
  std::filesystem::create_symlink("b", path("a"));
  std::filesystem::create_symlink("a", path("b"));
  const auto file = open_to_append(path("a"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, ELOOP);
}

TEST_F(SafeFileTest, WhatIsMissingOrADirectoryIsTheKernelsError) {
  EXPECT_EQ(open_to_append(path("none/rows")).error().code, ENOENT);
  EXPECT_EQ(open_to_append(directory_).error().code, EISDIR);
  EXPECT_EQ(open_to_append(path("new/")).error().code, EISDIR);
  EXPECT_EQ(open_to_append("").error().code, ENOENT);
  put("file", "");
  EXPECT_EQ(open_to_append(path("file/rows")).error().code, ENOTDIR);
}

TEST_F(SafeFileTest, APipeIsNotWaitedForAndOneOfSomebodyElseNotOpened) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(open_to_append(path("pipe")).error().code, ENXIO);
  EXPECT_FALSE(read_own(path("pipe"), 100));
  const sys::Fd reader(::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_TRUE(open_to_append(path("pipe")));
  let_everybody_write();
  EXPECT_TRUE(open_to_append(path("pipe")));
  if (!give_to_nobody("pipe")) GTEST_SKIP() << "takes root";
  EXPECT_FALSE(open_to_append(path("pipe")));
}

TEST_F(SafeFileTest, AFileOfSomebodyElseIsRefusedUnlessRootPutItThereOrTheyCalledSudo) {
  put("rows", "");
  if (!give_to_nobody("rows")) GTEST_SKIP() << "takes root";
  EXPECT_TRUE(open_to_append(path("rows")));
  let_everybody_write();
  EXPECT_FALSE(open_to_append(path("rows")));
  EXPECT_FALSE(read_own(path("rows"), 100));
  ::setenv("SUDO_UID", "65534", 1);
  EXPECT_TRUE(open_to_append(path("rows")));
  ::setenv("SUDO_UID", "65534x", 1);
  EXPECT_FALSE(open_to_append(path("rows")));
  ::unsetenv("SUDO_UID");
}

TEST_F(SafeFileTest, WhatIsNewMayBeReadByTheGroupOfWhoCalledSudo) {
  if (::geteuid() != 0) GTEST_SKIP() << "takes root";
  ::setenv("SUDO_GID", "65534", 1);
  EXPECT_TRUE(open_to_append(path("rows")));
  EXPECT_TRUE(NewFile::instead_of(path("page")).value()->put());
  ::unsetenv("SUDO_GID");
  for (const char* name : {"rows", "page"}) {
    struct stat status{};
    ASSERT_EQ(::stat(path(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_gid, kNobody) << name;
    EXPECT_EQ(status.st_uid, 0U) << name;
    EXPECT_EQ(mode(name), kFileMode) << name;
  }
}

TEST_F(SafeFileTest, OfOursNoMoreIsReadThanItMayHave) {
  put("state", "12345");
  EXPECT_EQ(read_own(path("state"), 5).value(), "12345");
  EXPECT_EQ(read_own(path("state"), 4).error().code, EFBIG);
  EXPECT_EQ(read_own(path("none"), 4).value(), std::nullopt);
  EXPECT_EQ(read_own(path("state/none"), 4).value(), std::nullopt);
}

TEST_F(SafeFileTest, AWriterKeepsOutWritersAndAReaderNobody) {
  put("rows", "");
  const sys::Fd reader(::open(path("rows").c_str(), O_RDONLY | O_CLOEXEC));
  struct flock all{};
  all.l_type = F_RDLCK;
  all.l_whence = SEEK_SET;
  ASSERT_EQ(::flock(reader.get(), LOCK_EX), 0);
  ASSERT_EQ(::fcntl(reader.get(), F_OFD_SETLK, &all), 0);
  {
    const auto beside_a_reader = open_to_append(path("rows"));
    EXPECT_TRUE(lock_out_writers(beside_a_reader->get()));
  }
  all.l_type = F_UNLCK;
  ASSERT_EQ(::fcntl(reader.get(), F_OFD_SETLK, &all), 0);
  const auto first = open_to_append(path("rows"));
  const auto second = open_to_append(path("rows"));
  EXPECT_TRUE(lock_out_writers(first->get()));
  EXPECT_FALSE(lock_out_writers(second->get()));
}

TEST_F(SafeFileTest, ANewFileIsWholeOrAbsentAndNotForEverybody) {
  {
    auto file = NewFile::instead_of(path("page"));
    ASSERT_TRUE(file && *file);
    EXPECT_TRUE((*file)->write("half"));
    EXPECT_EQ(entries(), 1U);
  }
  EXPECT_EQ(entries(), 0U);
  auto file = NewFile::instead_of(path("page"));
  ASSERT_TRUE(file && *file);
  EXPECT_TRUE((*file)->write("whole"));
  EXPECT_TRUE((*file)->put());
  EXPECT_EQ(content("page"), "whole");
  EXPECT_EQ(mode("page"), kFileMode);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(SafeFileTest, ANewFileHasTheModeOfTheOneBeforeUnlessThatWasSomebodyElses) {
  put("page", "old");
  ::chmod(path("page").c_str(), 0644);
  const auto replace = [this] {
    auto file = NewFile::instead_of(path("page"));
    return file && *file && (*file)->put();
  };
  EXPECT_TRUE(replace());
  EXPECT_EQ(mode("page"), 0644U);
  ::chmod(path("page").c_str(), 0666);
  if (!give_to_nobody("page")) GTEST_SKIP() << "takes root";
  EXPECT_TRUE(replace());
  EXPECT_EQ(mode("page"), kFileMode);
}

TEST_F(SafeFileTest, WhatAKilledWriterLeftGoesAndWhatAnotherWritesStays) {
  put(".cgtally-0123456789abcdef.part", "left");
  put(".cgtally-notes", "a user's");
  auto other = NewFile::instead_of(path("other"));
  ASSERT_TRUE(other && *other);
  EXPECT_EQ(entries(), 2U);
  auto file = NewFile::instead_of(path("page"));
  ASSERT_TRUE(file && *file && (*file)->put());
  EXPECT_EQ(entries(), 3U);
  EXPECT_TRUE((*other)->put());
  EXPECT_TRUE(std::filesystem::exists(path("other")));
  EXPECT_EQ(content(".cgtally-notes"), "a user's");
}

TEST_F(SafeFileTest, AStateIsKeptInDirectoriesThatItMakesAndSetAsideWhole) {
  const StateFile file(path("a/b"), "state");
  EXPECT_EQ(file.read().value(), std::nullopt);
  ASSERT_TRUE(file.write("one"));
  ASSERT_TRUE(file.write("two"));
  EXPECT_EQ(file.read().value(), "two");
  EXPECT_EQ(mode("a/b"), 0750U);
  EXPECT_EQ(mode("a/b/state"), kFileMode);
  EXPECT_EQ(file.set_aside().value(), path("a/b/state.corrupt"));
  EXPECT_EQ(content("a/b/state.corrupt"), "two");
}

}  // namespace
}  // namespace cgtally::files
