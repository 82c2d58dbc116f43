// SPDX-License-Identifier: Apache-2.0
// The events of cgroups as a private run hears them: the whole path, and where the kernel cuts
// that, the cgroup's own name and its parent.
#include <gtest/gtest.h>

#include <list>
#include <map>
#include <optional>
#include <string>

#include "adapters/bpf/cgroups/cgroup_events.h"
#include "harness/host/cgroup.h"

namespace cgtally::harness {
namespace {

struct Told {
  std::string path;
  std::optional<std::uint64_t> parent;
};

TEST(CgroupEvents, TellAWholePathOrANameAndItsParent) {
  auto events = bpf::CgroupEvents::open();
  ASSERT_TRUE(events) << events.error().what;
  const std::string level(240, 'l');
  std::list<Cgroup> cgroups;
  std::string below;
  for (int i = 0; i < 6; ++i) {
    below += (below.empty() ? "" : "/") + level;
    cgroups.emplace_back(below);
  }
  std::map<std::uint64_t, Told> told;
  events->drain([&told](const bpf::CgroupEvent& event) {
    if (event.type == bpf::CgroupEvent::Type::made) {
      told[event.cgroup_id] = {.path = std::string(event.path), .parent = event.parent_id};
    }
  });
  std::uint64_t above = 0;
  for (const Cgroup& cgroup : cgroups) {
    const bool whole = cgroup.path().size() < 1023;
    EXPECT_EQ(told[cgroup.id()].path, whole ? cgroup.path() : level);
    EXPECT_EQ(told[cgroup.id()].parent, whole ? std::nullopt : std::optional(above));
    above = cgroup.id();
  }
  EXPECT_EQ(events->lost(), 0U);
  while (!cgroups.empty()) cgroups.pop_back();  // from the bottom
}

}  // namespace
}  // namespace cgtally::harness
