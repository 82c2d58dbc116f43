// SPDX-License-Identifier: Apache-2.0
// Once pinned, the registry's programs go on without any process, and change over without a gap.
// Needs root.
#include "netns/ledger/registry_test.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace cgtally::bpf {
namespace {

class Bpffs {
 public:
  Bpffs() {
    std::filesystem::create_directories(path_);
    require(mount("cgt", path_.c_str(), "bpf", 0, nullptr) == 0, "mount a bpffs");
  }
  Bpffs(const Bpffs&) = delete;
  Bpffs& operator=(const Bpffs&) = delete;
  ~Bpffs() {
    umount2(path_.c_str(), MNT_DETACH);
    rmdir(path_.c_str());
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] long pins() const {  // the kernel puts two files of its own there
    const auto ours = [](const auto& entry) {
      return entry.path().filename().string().starts_with("cgroup_");
    };
    return std::ranges::count_if(std::filesystem::directory_iterator(path_), ours);
  }

 private:
  std::string path_ = testing::TempDir() + "cgt-bpffs-" + std::to_string(getpid());
};

TEST(RegistryPins, OncePinnedItGoesOnWithoutAnyProcess) {
  const Bpffs bpffs;
  const auto maps = make_maps();
  {
    auto registry = start(maps);
    const auto pinned = registry.pin(bpffs.path());
    ASSERT_TRUE(pinned) << pinned.error().what;
  }
  EXPECT_EQ(bpffs.pins(), 4);
  Cgroup cgroup("pinned");
  const auto id = cgroup.id();
  const auto path = cgroup.path();
  cgroup.remove();
  EXPECT_EQ(book_of(maps).name_of(id), path);
  EXPECT_TRUE(soon([&] { return book_of(maps).removal_of(id)->released.has_value(); }));

  ASSERT_TRUE(unpin_registry(bpffs.path()));
  EXPECT_EQ(bpffs.pins(), 0);
  EXPECT_TRUE(unpin_registry(bpffs.path())) << "none is no error";
  EXPECT_TRUE(soon([&] {
    const Cgroup probe("unpinned");
    return !book_of(maps).name_of(probe.id());
  }));
}

// The programs of the whole host that use `map`.
int programs_with(const sys::Fd& map) {
  int count = 0;
  for (std::uint32_t id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const sys::Fd program(bpf_prog_get_fd_by_id(id));
    std::array<std::uint32_t, 8> maps{};
    bpf_prog_info info{};
    info.nr_map_ids = maps.size();
    info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
    std::uint32_t size = sizeof(info);
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) continue;
    count += std::ranges::count(maps, info_of(map).id) > 0 ? 1 : 0;
  }
  return count;
}

TEST(RegistryPins, ANewOneTakesThePlaceOfThePinnedWithoutAGap) {
  const Bpffs bpffs;
  const auto maps = make_maps();
  ASSERT_TRUE(start(maps).pin(bpffs.path()));
  std::vector<std::uint64_t> made;
  {
    std::jthread churn([&](const std::stop_token& stop) {
      const std::string path =
          harness::cgroup2_root() + "/cgt-" + std::to_string(getpid()) + "-churn";
      while (!stop.stop_requested()) {
        made.push_back(make_directory(path));
        remove_directory(path);
      }
    });
    for (int i = 0; i < 10; ++i) {
      const auto pinned = start(maps).pin(bpffs.path());
      ASSERT_TRUE(pinned) << pinned.error().what;
    }
  }
  EXPECT_GT(made.size(), 10U);
  for (const auto id : made) {
    ASSERT_TRUE(book_of(maps).name_of(id)) << id;
    ASSERT_TRUE(book_of(maps).removal_of(id)) << id;
  }
  EXPECT_EQ(bpffs.pins(), 4);
  EXPECT_TRUE(soon([&] { return programs_with(maps.names) == 1; }));
}

TEST(RegistryPins, APinOnSomethingElseThanABpffsSaysHowToMountOne) {
  const auto maps = make_maps();
  auto registry = start(maps);
  const auto pinned = registry.pin(testing::TempDir());
  ASSERT_FALSE(pinned);
  EXPECT_NE(pinned.error().what.find("cgroup_mkdir"), std::string::npos) << pinned.error().what;
  EXPECT_NE(pinned.error().hint.find("mount -t bpf -o mode=0700"), std::string::npos);
}

}  // namespace
}  // namespace cgtally::bpf
