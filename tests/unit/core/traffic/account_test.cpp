// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/account.h"

#include <gtest/gtest.h>

#include <set>

namespace cgtally {
namespace {

TEST(ReasonName, IsGivenToEachReasonAndIsItsOwn) {
  std::set<std::string_view> names;
  for (int kind = 1; kind <= static_cast<int>(AccountKind::retired); ++kind) {
    const std::string_view name = reason_name(static_cast<AccountKind>(kind));
    EXPECT_TRUE(name.starts_with('(') && name.ends_with(')')) << kind << ": " << name;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(ReasonName, IsEmptyForACgroup) { EXPECT_EQ(reason_name(AccountKind::cgroup), ""); }

}  // namespace
}  // namespace cgtally
