// SPDX-License-Identifier: Apache-2.0
#include "core/base/glob.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

TEST(Glob, MatchesAsAShellDoes) {
  EXPECT_TRUE(matches_glob("eth0", "eth0"));
  EXPECT_FALSE(matches_glob("eth0", "eth01"));
  EXPECT_TRUE(matches_glob("eth*", "eth01"));
  EXPECT_TRUE(matches_glob("en[ps]?", "ens5"));
  EXPECT_FALSE(matches_glob("en[ps]?", "eno1"));
  EXPECT_TRUE(matches_glob("*", "v.100@x"));
}

TEST(Glob, AStarMatchesSlashes) {
  EXPECT_TRUE(matches_glob("/kubepods*", "/kubepods.slice/pod7/redis"));
}

TEST(Glob, ANameMatchesItselfWhateverCharactersItHas) {
  EXPECT_TRUE(matches_glob(R"(/a\x2db[1])", R"(/a\x2db[1])"));
}

TEST(Glob, AnEmptyFilterLetsEachNamePass) {
  EXPECT_TRUE(passes_filter("", "/redis.service"));
  EXPECT_TRUE(passes_filter("/redis*", "/redis.service"));
  EXPECT_FALSE(passes_filter("/nginx*", "/redis.service"));
}

}  // namespace
}  // namespace cgtally
