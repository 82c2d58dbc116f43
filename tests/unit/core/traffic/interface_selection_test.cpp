// SPDX-License-Identifier: Apache-2.0
// Which interfaces are counted, and what is said of one that does not exist.
#include "core/traffic/interface_selection.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

Interface link(std::string name, std::string driver = "") {
  Interface result;
  result.name = std::move(name);
  result.driver = std::move(driver);
  return result;
}

// As far as these tests go: a star at the end.
bool starts_like(std::string_view pattern, std::string_view name) {
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

TEST(InterfaceSelection, WithoutPatternsItIsEveryUplink) {
  EXPECT_TRUE(selected({}, link("ens5", "ena"), starts_like));
  EXPECT_FALSE(selected({}, link("veth1"), starts_like));
}

TEST(InterfaceSelection, ALoopbackIsNoUplinkButCanBeNamed) {
  Interface lo = link("lo", "loopback");
  lo.loopback = true;
  EXPECT_FALSE(selected({}, lo, starts_like));
  EXPECT_TRUE(selected({{"lo"}}, lo, starts_like));
}

TEST(InterfaceSelection, NamesAndGlobsAddUp) {
  const InterfaceSelection selection{{"eth0", "veth*"}};
  EXPECT_TRUE(selected(selection, link("eth0"), starts_like));
  EXPECT_TRUE(selected(selection, link("veth7"), starts_like));
  EXPECT_FALSE(selected(selection, link("ens5", "ena"), starts_like));
}

TEST(InterfaceSelection, OnlyAPlainNameCanBeMissing) {
  EXPECT_EQ(missing_names({{"eth0", "etho0", "veth*"}}, {link("eth0")}),
            std::vector<std::string>{"etho0"});
}

TEST(UnknownInterface, IsAUsageErrorWithTheNearestNameAndTheOthers) {
  const Error error = unknown_interface("etho0", {link("lo"), link("eth0"), link("wlan0")});
  EXPECT_EQ(error.failure, Failure::usage);
  EXPECT_EQ(error.what, "there is no interface etho0");
  EXPECT_EQ(error.hint, "did you mean eth0? there are: lo, eth0, wlan0");
}

TEST(UnknownInterface, IsNotGuessedFromANameThatIsFarOff) {
  EXPECT_EQ(unknown_interface("bond0", {link("lo"), link("wlp3s0")}).hint, "there are: lo, wlp3s0");
}

}  // namespace
}  // namespace cgtally
