// SPDX-License-Identifier: Apache-2.0
// Names of real cgroups: where their hierarchy is found, and a walk over very many of them, also
// while they come and go. Needs root.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "adapters/cgroupfs/mount.h"
#include "adapters/cgroupfs/names.h"
#include "adapters/sys/fd.h"
#include "harness/host/command.h"

namespace cgtally::cgroupfs {
namespace {

// Directories in the hierarchy, gone with the object.
class Tree {
 public:
  Tree() {
    harness::require(!mount_.empty(), "cgroup2_mount");
    make("");
  }
  ~Tree() { remove_below(mount_ + top_); }

  void make(const std::string& path) const {
    harness::require(mkdir((mount_ + top_ + path).c_str(), 0755) == 0, "mkdir " + path);
  }
  void remove(const std::string& path) const {
    harness::require(rmdir((mount_ + top_ + path).c_str()) == 0, "rmdir " + path);
  }
  [[nodiscard]] const std::string& mount() const { return mount_; }
  [[nodiscard]] std::string name(const std::string& path) const { return top_ + path; }
  // As the kernel's tracing and BPF know it.
  [[nodiscard]] std::uint64_t id_of(const std::string& path) const {
    struct {
      file_handle head;
      std::uint64_t id;
    } handle{};
    handle.head.handle_bytes = sizeof(handle.id);
    int mount_id = 0;
    harness::require(name_to_handle_at(AT_FDCWD, (mount_ + top_ + path).c_str(), &handle.head,
                                       &mount_id, 0) == 0,
                     "name_to_handle_at " + path);
    std::uint64_t id = 0;
    std::memcpy(&id, handle.head.f_handle, sizeof(id));
    return id;
  }

 private:
  static void remove_below(const std::string& path) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
      if (entry.is_directory(ignored)) remove_below(entry.path());
    }
    (void)rmdir(path.c_str());
  }

  std::string mount_ = cgroup2_mount("").value_or("");
  std::string top_ = "/cgt-" + std::to_string(getpid()) + "-names";
};

TEST(Cgroup2Mount, IsTheUnifiedHierarchyFromItsRoot) {
  const auto mount = cgroup2_mount("");
  ASSERT_TRUE(mount) << mount.error().what;
  struct statfs status{};
  ASSERT_EQ(statfs(mount->c_str(), &status), 0);
  EXPECT_EQ(status.f_type, CGROUP2_SUPER_MAGIC);
  EXPECT_EQ(cgroup2_mount("/no/such/host"), *mount) << "better than none";
}

// In a mount namespace of a child: mountinfo is that of the process.
int with_mounts(const std::string& root, bool (*check)(const std::string&)) {
  const pid_t child = fork();
  if (child == 0) {
    const bool made = unshare(CLONE_NEWNS) == 0 &&
                      mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                      mount("none", (root + "/cg").c_str(), "cgroup2", 0, nullptr) == 0;
    _exit(made && check(root) ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

TEST(Cgroup2Mount, TheOneBelowTheHostRootIsPreferredUnlessItIsHidden) {
  const std::string root = testing::TempDir() + "cgt-mount-" + std::to_string(getpid());
  std::filesystem::create_directories(root + "/cg");
  EXPECT_EQ(with_mounts(root, [](auto& host) { return cgroup2_mount(host) == host + "/cg"; }), 0);
  const auto hidden = [](const std::string& host) {
    const std::string path = host + "/cg";
    return mount("none", path.c_str(), "tmpfs", 0, nullptr) == 0 && cgroup2_mount(host) != path;
  };
  EXPECT_EQ(with_mounts(root, hidden), 0);
  std::filesystem::remove_all(root);
}

TEST(Names, IdsAreTheKernels) {
  const Tree tree;
  tree.make("/a");
  tree.make("/a/b");
  Names names;
  names.seed(tree.mount());
  for (const char* path : {"", "/a", "/a/b"}) {
    EXPECT_EQ(names.name_of(tree.id_of(path)).path, tree.name(path));
  }
  EXPECT_EQ(names.name_of(1).path, "/");
}

double thread_milliseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Histogram as on a full node: some slices with very many leaves.
TEST(Names, TenThousandCgroupsAreNamedInLessThan150Milliseconds) {
  const Tree tree;
  for (int slice = 0; slice < 100; ++slice) {
    const std::string path = "/s" + std::to_string(slice);
    tree.make(path);
    for (int leaf = 0; leaf < 99; ++leaf) tree.make(path + "/l" + std::to_string(leaf));
  }
  Names names;
  double cold = 1e9;
  for (int attempt = 0; attempt < 5 && cold >= 150;
       ++attempt) {  // a shared CPU may be slow for once
    names = Names();
    const double start = thread_milliseconds();
    names.seed(tree.mount() + tree.name(""));  // whatever else lives on this machine
    cold = std::min(cold, thread_milliseconds() - start);
  }
  RecordProperty("cold_ms", std::to_string(cold));
  EXPECT_LT(cold, 150.0);
  EXPECT_GE(names.size(), 10'001U);
  EXPECT_EQ(names.name_of(tree.id_of("/s99/l98")).path, "/s99/l98");
}

TEST(Names, WhoComesAndGoesDuringAWalkDoesNotDisturbIt) {
  const Tree tree;
  for (int i = 0; i < 50; ++i) tree.make("/stays" + std::to_string(i));
  std::atomic<bool> stop = false;
  std::jthread churn([&] {
    while (!stop) {
      for (const char* path : {"/x", "/x/y", "/x/y/z"}) tree.make(path);
      for (const char* path : {"/x/y/z", "/x/y", "/x"}) tree.remove(path);
    }
  });
  Names names;
  for (int walk = 0; walk < 200; ++walk) {
    names.seed(tree.mount());
    for (int i = 0; i < 50; i += 7) {
      const auto name = names.name_of(tree.id_of("/stays" + std::to_string(i)));
      ASSERT_EQ(name.path, tree.name("/stays" + std::to_string(i)));
      ASSERT_FALSE(name.ended);
    }
  }
  stop = true;
}

// Deeper than a path that one system call takes.
TEST(Names, AreWholeHoweverDeepTheCgroupLies) {
  constexpr int kLevels = 18;
  const Tree tree;
  const std::string level(250, 'd');
  std::vector<sys::Fd> directories;
  directories.emplace_back(open((tree.mount() + tree.name("")).c_str(), O_RDONLY | O_DIRECTORY));
  std::string path = tree.name("");
  for (int i = 0; i < kLevels; ++i) {
    const int above = directories.back().get();
    harness::require(mkdirat(above, level.c_str(), 0755) == 0, "mkdirat");
    directories.emplace_back(openat(above, level.c_str(), O_RDONLY | O_DIRECTORY));
    path += "/" + level;
  }
  struct stat status{};
  harness::require(fstat(directories.back().get(), &status) == 0, "fstat");
  EXPECT_GT(path.size(), 4096U);
  Names names;
  names.seed(tree.mount());
  EXPECT_EQ(names.name_of(status.st_ino).path, path);
  EXPECT_FALSE(names.name_of(status.st_ino).ended);
  directories.pop_back();
  while (!directories.empty()) {
    harness::require(unlinkat(directories.back().get(), level.c_str(), AT_REMOVEDIR) == 0, "rmdir");
    directories.pop_back();
  }
}

}  // namespace
}  // namespace cgtally::cgroupfs
