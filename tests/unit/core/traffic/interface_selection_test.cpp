// SPDX-License-Identifier: Apache-2.0
// The interfaces that are counted, and the error about one that does not exist.
#include "core/traffic/interface_selection.h"

#include <gtest/gtest.h>

namespace cgtally {
namespace {

Interface interface(std::string name, std::string driver = "") {
  Interface result;
  result.name = std::move(name);
  result.driver = std::move(driver);
  return result;
}

TEST(InterfaceSelection, WithoutPatternsItIsEveryUplink) {
  EXPECT_TRUE(selected({}, interface("ens5", "ena")));
  EXPECT_FALSE(selected({}, interface("veth1")));
}

TEST(InterfaceSelection, ALoopbackIsNoUplinkButCanBeNamed) {
  Interface lo = interface("lo", "loopback");
  lo.loopback = true;
  EXPECT_FALSE(selected({}, lo));
  EXPECT_TRUE(selected({{"lo"}}, lo));
}

TEST(InterfaceSelection, NamesAndGlobsAddUp) {
  const InterfaceSelection selection{{"eth0", "veth*"}};
  EXPECT_TRUE(selected(selection, interface("eth0")));
  EXPECT_TRUE(selected(selection, interface("veth7")));
  EXPECT_FALSE(selected(selection, interface("ens5", "ena")));
}

TEST(InterfaceSelection, OnlyAPlainNameCanBeMissing) {
  EXPECT_EQ(missing_names({{"eth0", "etho0", "veth*"}}, {interface("eth0")}),
            std::vector<std::string>{"etho0"});
}

TEST(UnknownInterface, IsAUsageErrorWithTheNearestNameAndTheOthers) {
  const Error error =
      unknown_interface("etho0", {interface("lo"), interface("eth0"), interface("wlan0")});
  EXPECT_EQ(error.failure, Failure::usage);
  EXPECT_EQ(error.what, "there is no interface etho0");
  EXPECT_EQ(error.hint, "did you mean eth0? there are: lo, eth0, wlan0");
}

TEST(UnknownInterface, IsNotGuessedFromANameThatIsFarOff) {
  EXPECT_EQ(unknown_interface("bond0", {interface("lo"), interface("wlp3s0")}).hint,
            "there are: lo, wlp3s0");
}

}  // namespace
}  // namespace cgtally
