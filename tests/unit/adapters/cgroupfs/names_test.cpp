// SPDX-License-Identifier: Apache-2.0
// Names of cgroups over their lives, on a directory tree that stands in for the hierarchy: ids are
// inode numbers there as well.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "adapters/cgroupfs/names.h"

namespace cgtally::cgroupfs {
namespace {

class NamesTest : public testing::Test {
 protected:
  ~NamesTest() override { std::filesystem::remove_all(root_); }

  void make(const std::string& path) { std::filesystem::create_directories(root_ + path); }
  [[nodiscard]] std::uint64_t id_of(const std::string& path) const {
    struct stat status{};
    EXPECT_EQ(stat((root_ + path).c_str(), &status), 0) << path;
    return status.st_ino;
  }

  std::string root_ = testing::TempDir() + "cgt-names-" + std::to_string(getpid());
  Names names_;
};

TEST_F(NamesTest, TheRootHasANameWithoutAWalk) {
  EXPECT_EQ(names_.name_of(1).path, "/");
  EXPECT_FALSE(names_.name_of(1).ended);
}

TEST_F(NamesTest, AWalkNamesEveryDirectoryAndNoFile) {
  make("/system.slice/redis.service/a/b");
  make("/user.slice");
  {
    const auto file = std::fopen((root_ + "/cgroup.procs").c_str(), "w");
    std::fclose(file);
  }
  names_.seed(root_);
  EXPECT_EQ(names_.name_of(id_of("")).path, "/");
  EXPECT_EQ(names_.name_of(id_of("/user.slice")).path, "/user.slice");
  EXPECT_EQ(names_.name_of(id_of("/system.slice/redis.service/a/b")).path,
            "/system.slice/redis.service/a/b");
  EXPECT_EQ(names_.name_of(id_of("/cgroup.procs")).path.str().front(), '#');
  EXPECT_EQ(names_.size(), 7U) << "five directories, the root of the walk, and id 1";
}

TEST_F(NamesTest, AnUnknownIdIsItsNumber) {
  EXPECT_EQ(names_.name_of(4711).path, "#4711");
  EXPECT_FALSE(names_.name_of(4711).ended);
}

TEST_F(NamesTest, ARemovedCgroupKeepsItsName) {
  names_.made(77, "/short-lived");
  names_.removed(77);
  EXPECT_EQ(names_.name_of(77).path, "/short-lived");
  EXPECT_TRUE(names_.name_of(77).ended);
}

TEST_F(NamesTest, APathMadeAgainIsAnotherCgroup) {
  names_.made(77, "/job");
  names_.removed(77);
  names_.made(78, "/job");
  EXPECT_TRUE(names_.name_of(77).ended);
  EXPECT_FALSE(names_.name_of(78).ended);
}

TEST_F(NamesTest, TheEndOfAnUnknownCgroupIsRemembered) {
  names_.removed(99);
  EXPECT_EQ(names_.name_of(99).path, "#99");
  EXPECT_TRUE(names_.name_of(99).ended);
}

TEST_F(NamesTest, WhatIsLearnedOfTheDeadIsKnown) {
  names_.learn(77, "/before-us", true);
  EXPECT_EQ(names_.name_of(77).path, "/before-us");
  EXPECT_TRUE(names_.name_of(77).ended);
  EXPECT_EQ(*names_.path_of(77), "/before-us");
}

TEST_F(NamesTest, ALateLessonRaisesNobodyFromTheDeadButNamesThem) {
  names_.removed(77);
  EXPECT_EQ(names_.path_of(77), nullptr);
  names_.learn(77, "/now-named", false);
  EXPECT_EQ(names_.name_of(77).path, "/now-named");
  EXPECT_TRUE(names_.name_of(77).ended);
  names_.learn(77, "/once-more", true);
  EXPECT_EQ(names_.name_of(77).path, "/now-named");
  EXPECT_EQ(names_.path_of(78), nullptr);
}

TEST_F(NamesTest, OneWhoIsLearnedOfAliveAndIsNotThereHasEnded) {
  names_.learn(77, "/gone-meanwhile", false);
  EXPECT_FALSE(names_.name_of(77).ended);
  make("/other");
  names_.seed(root_);
  EXPECT_TRUE(names_.name_of(77).ended);
}

TEST_F(NamesTest, ASecondWalkFindsWhatEventsDidNotTell) {
  make("/stays");
  make("/goes/with/children");
  names_.seed(root_);
  const auto gone = id_of("/goes/with");
  std::filesystem::remove_all(root_ + "/goes");
  make("/stays/new");
  names_.seed(root_);
  EXPECT_TRUE(names_.name_of(gone).ended);
  EXPECT_EQ(names_.name_of(gone).path, "/goes/with");
  EXPECT_FALSE(names_.name_of(id_of("/stays")).ended);
  EXPECT_EQ(names_.name_of(id_of("/stays/new")).path, "/stays/new");
  EXPECT_FALSE(names_.name_of(1).ended);
}

TEST_F(NamesTest, AWalkOfNothingEndsNobody) {
  names_.made(77, "/alive");
  names_.seed(root_ + "/is/not/there");
  EXPECT_FALSE(names_.name_of(77).ended);
}

TEST_F(NamesTest, TheDeadAreForgottenOldestFirstExceptThoseAskedFor) {
  for (std::uint64_t id = 1000; id < 1000 + Names::kMaxRemoved; ++id) {
    names_.made(id, "/" + std::to_string(id));
    names_.removed(id);
  }
  EXPECT_EQ(names_.name_of(1000).path, "/1000");  // and is wanted again from now on
  names_.made(7, "/one-too-many");
  names_.removed(7);
  EXPECT_EQ(names_.name_of(1000).path, "/1000");
  EXPECT_EQ(names_.name_of(1001).path, "#1001");
  EXPECT_EQ(names_.name_of(1002).path, "/1002");
  EXPECT_EQ(names_.name_of(7).path, "/one-too-many");
  EXPECT_EQ(names_.size(), Names::kMaxRemoved + 1) << "and the root, which is alive";
}

TEST_F(NamesTest, TheLivingAreNeverForgotten) {
  names_.made(500, "/alive");
  for (std::uint64_t id = 1000; id < 1000 + 2 * Names::kMaxRemoved; ++id) names_.removed(id);
  EXPECT_EQ(names_.name_of(500).path, "/alive");
}

}  // namespace
}  // namespace cgtally::cgroupfs
