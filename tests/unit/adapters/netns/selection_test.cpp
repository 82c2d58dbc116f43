// SPDX-License-Identifier: Apache-2.0
// What a --netns means.
#include "adapters/netns/selection.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "adapters/netns/netns.h"

namespace cgtally::netns {
namespace {

TEST(NetnsSelection, AGlobAndAllMayMeanSeveral) {
  EXPECT_TRUE(means_several("all"));
  EXPECT_TRUE(means_several("web*"));
  EXPECT_TRUE(means_several("/run/docker/netns/*"));
  for (const char* one : {"web", "4711", "/proc/4711/ns/net", "/run/netns/all"}) {
    EXPECT_FALSE(means_several(one)) << one;
  }
}

TEST(NetnsSelection, AProcessIsOneByItsIdOrItsPath) {
  const auto root =
      std::filesystem::temp_directory_path() / ("cgt-selection-" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "run/netns");
  std::ofstream(root / "run/netns/12").put('\n');
  EXPECT_TRUE(means_process("4711", root));
  EXPECT_FALSE(means_process("12", root)) << "a name that is a number";
  EXPECT_TRUE(means_process("/proc/4711/ns/net", root));
  EXPECT_TRUE(means_process("/host/proc/4711/task/4712/ns/net", root));
  EXPECT_FALSE(means_process("/proc/self/ns/net", root));
  EXPECT_FALSE(means_process("web", root));
  std::filesystem::remove_all(root);
}

TEST(NetnsSelection, ALabelIsMeantByItsTextItsGlobAndAll) {
  for (const char* wanted : {"web1", "web*", "all"}) EXPECT_TRUE(means_label(wanted, "web1"));
  EXPECT_FALSE(means_label("web", "web1"));
  EXPECT_FALSE(means_label("db*", "web1"));
  EXPECT_TRUE(means_label("/run/docker/netns/*", "/run/docker/netns/5f00"));
  EXPECT_TRUE(means_label("all", ""));
  EXPECT_FALSE(means_label("*", "")) << "a glob is one of names, and the own netns has none";
}

TEST(NetnsSelection, AFileThatIsNoNetnsMatchesNoGlob) {
  const auto root =
      std::filesystem::temp_directory_path() / ("cgt-glob-" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "run/netns");
  std::ofstream(root / "run/netns/web").put('\n');
  std::filesystem::create_symlink("/proc/self/ns/net", root / "run/netns/web1");
  const auto found = find_by_glob("web*", root);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().label, "web1");
  EXPECT_EQ(found.front().inode, Netns::current().value().inode());
  const auto by_path = find_by_glob((root / "run/netns/*").string(), "");
  ASSERT_EQ(by_path.size(), 1U);
  EXPECT_EQ(by_path.front().label, (root / "run/netns/web1").string());
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace cgtally::netns
