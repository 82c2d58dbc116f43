// SPDX-License-Identifier: Apache-2.0
// The lives of cgroups as the kernel's map has them, read back.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include "cgtally/abi.h"

#include <algorithm>

#include "adapters/bpf/cgroups/lives.h"
#include "adapters/sys/fd.h"
#include "harness/host/command.h"

namespace cgtally::bpf {
namespace {

using harness::require;

class LifeRecords : public testing::Test {
 protected:
  LifeRecords() { require(bool{map_}, "make a map of lives"); }
  void put(std::uint64_t id, const cgt_life& life) {
    require(bpf_map_update_elem(map_.get(), &id, &life, BPF_ANY) == 0, "put a life");
  }
  [[nodiscard]] Lives lives() const { return Lives(map_.get()); }

 private:
  sys::Fd map_ = make();

  static sys::Fd make() {
    LIBBPF_OPTS(bpf_map_create_opts, grows, .map_flags = BPF_F_NO_PREALLOC);
    return sys::Fd(bpf_map_create(BPF_MAP_TYPE_HASH, "cgt_lives", sizeof(std::uint64_t),
                                  sizeof(cgt_life), CGT_LIVES, &grows));
  }
};

TEST_F(LifeRecords, EachFieldIsReadAndZeroTimesAreNotKnown) {
  cgt_life raw{};
  raw.parent_id = 7;
  raw.begun_ns = 11;
  raw.ended_ns = 12;
  raw.removed_ns = 13;
  raw.late = {
      .packets = 21, .payload_bytes = 22, .syn = 23, .resets = 24, .first_ns = 25, .last_ns = 26};
  raw.late_at_end.packets = 31;
  put(4711, raw);
  put(4712, {});

  const auto life = lives().find(4711);
  ASSERT_TRUE(life);
  EXPECT_EQ(life->cgroup_id, 4711U);
  EXPECT_EQ(life->parent_id, 7U);
  EXPECT_EQ(life->begun, Nanoseconds{11});
  EXPECT_EQ(life->ended, Nanoseconds{12});
  EXPECT_EQ(life->removed, Nanoseconds{13});
  EXPECT_EQ(life->late.packets, Packets{21});
  EXPECT_EQ(life->late.payload, Bytes{22});
  EXPECT_EQ(life->late.connections, 23U);
  EXPECT_EQ(life->late.resets, 24U);
  EXPECT_EQ(life->late.first, Nanoseconds{25});
  EXPECT_EQ(life->late.last, Nanoseconds{26});
  EXPECT_EQ(life->late_at_end.packets, Packets{31});
  CgroupLife blank;
  blank.cgroup_id = 4712;
  EXPECT_EQ(lives().find(4712), blank);
  EXPECT_FALSE(lives().find(4713));
}

TEST_F(LifeRecords, AFullMapIsReadWholeAndWhatIsForgottenIsGone) {
  for (std::uint64_t id = 1; id <= CGT_LIVES; ++id) {
    cgt_life life{};
    life.begun_ns = id;
    put(id, life);
  }
  auto all = lives().read();
  ASSERT_TRUE(all) << all.error().what;
  ASSERT_EQ(all->size(), Lives::room());
  std::ranges::sort(*all, {}, &CgroupLife::cgroup_id);
  for (std::uint64_t id = 1; id <= CGT_LIVES; ++id) {
    ASSERT_EQ((*all)[id - 1].cgroup_id, id);
    ASSERT_EQ((*all)[id - 1].begun, Nanoseconds{static_cast<std::int64_t>(id)});
  }
  lives().forget(5);
  EXPECT_FALSE(lives().find(5));
  EXPECT_EQ(lives().read()->size(), Lives::room() - 1);
}

}  // namespace
}  // namespace cgtally::bpf
