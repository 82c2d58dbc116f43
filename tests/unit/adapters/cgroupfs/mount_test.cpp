// SPDX-License-Identifier: Apache-2.0
// Chooses the cgroup2 mount from the mount tables of several kinds of hosts, and recognises
// containers in cgroup v1.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "adapters/cgroupfs/mount.h"

namespace cgtally::cgroupfs {
namespace {

using Paths = std::vector<std::string>;

constexpr const char* kHybrid =
    "23 1 0:22 / /sys rw,relatime - sysfs sysfs rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n";

TEST(Cgroup2Mounts, TheUnifiedOneOfAHybridHostIsFound) {
  EXPECT_EQ(cgroup2_mounts_in(kHybrid, ""), Paths{"/sys/fs/cgroup/unified"});
}

TEST(Cgroup2Mounts, OneThatShowsTheWholeHierarchyComesFirst) {
  const std::string text =
      "50 1 0:26 /../../.. /partial rw - cgroup2 cgroup rw\n"
      "51 1 0:26 / /whole rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(cgroup2_mounts_in(text, ""), (Paths{"/whole", "/partial"}));
}

TEST(Cgroup2Mounts, TheHostsComesBeforeTheContainersOwn) {
  const std::string text =
      "50 1 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
      "51 1 0:26 /../.. /host/sys/fs/cgroup ro master:4 - cgroup2 cgroup rw\n"
      "52 1 0:26 / /hostile rw - cgroup2 cgroup rw\n";
  EXPECT_EQ(cgroup2_mounts_in(text, "/host"),
            (Paths{"/host/sys/fs/cgroup", "/sys/fs/cgroup", "/hostile"}));
  EXPECT_EQ(cgroup2_mounts_in(text, "//host/./").front(), "/host/sys/fs/cgroup");
  EXPECT_EQ(cgroup2_mounts_in(text, "/").front(), "/sys/fs/cgroup") << "all is below it";
  EXPECT_EQ(cgroup2_mounts_in(text, "").front(), "/sys/fs/cgroup");
}

TEST(Cgroup2Mounts, BlanksInAPathAreUnescaped) {
  const std::string text = R"(51 1 0:26 / /a\040b\134c rw - cgroup2 cgroup rw)";
  EXPECT_EQ(cgroup2_mounts_in(text, ""), Paths{"/a b\\c"});
}

TEST(Cgroup2Mounts, TornAndForeignLinesAreNotMounts) {
  for (const char* text :
       {"", "\n\n", "51 1 0:26 / /x rw -", "51 1 0:26 / /x rw - cgroup", "- cgroup2",
        "a b c d - cgroup2", "51 1 0:26 / /cgroup2 rw - tmpfs cgroup2 rw",
        "51 1 0:26 / /x\\0 rw cgroup2"}) {
    EXPECT_EQ(cgroup2_mounts_in(text, ""), Paths{}) << text;
  }
  EXPECT_EQ(cgroup2_mounts_in("51 1 0:26 / /x\\0 rw - cgroup2 c rw", ""), Paths{"/x\\0"});
}

TEST(V1Containers, AContainerInTheUnifiedRootIsOne) {
  EXPECT_TRUE(is_v1_container("5:net_cls,net_prio:/docker/0123abcd\n1:name=systemd:/\n0::/\n"));
  EXPECT_TRUE(is_v1_container("4:pids:/kubepods/besteffort/pod77/ab\n0::/\n"));
  EXPECT_TRUE(is_v1_container("4:pids:/system.slice/docker-0123.scope\n"));
  EXPECT_TRUE(
      is_v1_container("2:cpu:/kubepods.slice/kubepods-pod1.slice/cri-containerd-a.scope\n0::/"));
}

TEST(V1Containers, AContainerThatHasAUnifiedCgroupIsNone) {
  EXPECT_FALSE(is_v1_container("5:pids:/docker/0123\n0::/docker/0123\n"));
  EXPECT_FALSE(is_v1_container("0::/kubepods/pod77\n"));
}

TEST(V1Containers, HostProcessesAndTheRuntimesDaemonsAreNone) {
  EXPECT_FALSE(is_v1_container("5:pids:/\n0::/\n"));
  EXPECT_FALSE(is_v1_container("5:pids:/system.slice/docker.service\n0::/\n"));
  EXPECT_FALSE(is_v1_container("5:pids:/user.slice/user-0.slice\n"));
  EXPECT_FALSE(is_v1_container(""));
}

TEST(V1Containers, TheHostsProcessesAreThoseBelowTheHostRoot) {
  const std::filesystem::path root =
      std::filesystem::path(testing::TempDir()) / ("cgt-host-" + std::to_string(getpid()));
  std::filesystem::create_directories(root / "proc/123");
  std::filesystem::create_directories(root / "proc/sys");
  std::ofstream(root / "proc/version") << "Linux\n";
  std::ofstream(root / "proc/sys/cgroup") << "1:pids:/docker/not-a-process\n0::/\n";
  std::ofstream(root / "proc/123/cgroup") << "1:pids:/\n0::/\n";
  EXPECT_FALSE(pods_in_cgroup_v1(root));
  std::ofstream(root / "proc/123/cgroup") << "1:pids:/docker/77\n0::/\n";
  EXPECT_TRUE(pods_in_cgroup_v1(root));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace cgtally::cgroupfs
