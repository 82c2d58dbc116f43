// SPDX-License-Identifier: Apache-2.0
#include "core/base/enum_names.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace cgtally {
namespace {

enum class Colour : std::uint8_t { red, green, blue };
constexpr EnumNames<Colour::blue> kColours{"red", "green", "blue"};

TEST(EnumNames, NamesEachValue) {
  EXPECT_EQ(kColours[Colour::red], "red");
  EXPECT_EQ(kColours[Colour::blue], "blue");
  EXPECT_EQ(kColours.all().size(), 3U);
}

TEST(EnumNames, FindsTheValueOfANameAndOfNoOtherText) {
  EXPECT_EQ(kColours.parse("green"), Colour::green);
  EXPECT_EQ(kColours.parse("Green"), std::nullopt);
  EXPECT_EQ(kColours.parse(""), std::nullopt);
}

}  // namespace
}  // namespace cgtally
