// SPDX-License-Identifier: Apache-2.0
// Which of the counted interfaces an instance pays for, and whose own counters can be charged.
#include "monitor/collectors/billed_interfaces.h"

#include <gtest/gtest.h>

namespace cgtally::monitor {
namespace {

CountedInterface named(std::uint32_t key, const std::string& name) {
  CountedInterface one;
  one.key = {key};
  one.name = name;
  return one;
}

std::vector<std::string> names(const BilledInterfaces& charged) {
  std::vector<std::string> all;
  for (const CountedInterface& one : charged.interfaces) all.push_back(one.name);
  return all;
}

bool is_ens(const CountedInterface& one) { return one.name.starts_with("ens"); }

TEST(BilledInterfaces, AreAllUplinksAndNothingElse) {
  const BilledInterfaces charged =
      billed_of({named(1, "veth1"), named(2, "ens5"), named(3, "lo"), named(4, "ens6")}, is_ens);
  EXPECT_EQ(names(charged), (std::vector<std::string>{"ens5", "ens6"}));
  EXPECT_TRUE(charged.uplinks);
}

TEST(BilledInterfaces, IsWhateverIsCountedWhereNoUplinkIs) {
  const BilledInterfaces charged = billed_of({named(1, "veth1"), named(2, "br0")}, is_ens);
  EXPECT_EQ(names(charged), (std::vector<std::string>{"veth1", "br0"}));
  EXPECT_FALSE(charged.uplinks);
}

TEST(BilledInterfaces, IsNothingAndNoUplinkWhereNothingIsCounted) {
  EXPECT_FALSE(billed_of({}, is_ens).uplinks);
  EXPECT_FALSE(device_totals(billed_of({}, is_ens), "")) << "nothing is known, not zero bytes";
}

}  // namespace
}  // namespace cgtally::monitor
