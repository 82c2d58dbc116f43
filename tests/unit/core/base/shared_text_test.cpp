// SPDX-License-Identifier: Apache-2.0
#include "core/base/shared_text.h"

#include <gtest/gtest.h>

#include <string>

namespace cgtally {
namespace {

TEST(SharedText, ACopyIsTheSameTextInMemory) {
  const SharedText text = std::string("/kubepods.slice/kubepods-burstable.slice");
  const SharedText copy = text;
  EXPECT_EQ(&copy.str(), &text.str());
}

TEST(SharedText, TwoOfTheSameBytesAreEqualThoughTheyShareNothing) {
  const SharedText text = "/system.slice/redis.service";
  const SharedText other = std::string("/system.slice/redis.service");
  EXPECT_NE(&text.str(), &other.str());
  EXPECT_EQ(text, other);
  EXPECT_EQ(text, "/system.slice/redis.service");
  EXPECT_NE(text, SharedText("/system.slice/nginx.service"));
  EXPECT_LT(SharedText("/system.slice/nginx.service"), text);
}

TEST(SharedText, OneWithoutTextIsEmptyAndEqualToAnEmptyOne) {
  const SharedText none;
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(none.str().empty());
  EXPECT_EQ(none, SharedText(std::string()));
  EXPECT_NE(none, SharedText("a"));
}

TEST(SharedText, OneThatIsGivenAnotherTextLeavesItsCopiesAsTheyWere) {
  SharedText text = "before";
  const SharedText copy = text;
  text = "after";
  EXPECT_EQ(text, "after");
  EXPECT_EQ(copy, "before");
}

}  // namespace
}  // namespace cgtally
