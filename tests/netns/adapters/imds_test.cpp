// SPDX-License-Identifier: Apache-2.0
// The metadata service at its own address, in a namespace of the test's own.
#include "adapters/ec2/imds.h"

#include <gtest/gtest.h>

#include "adapters/sys/clock.h"
#include "harness/host/metadata_service.h"
#include "harness/host/netns.h"

namespace cgtally::ec2 {
namespace {

using namespace std::chrono_literals;

class ImdsAtItsAddress : public testing::Test {
 protected:
  ImdsAtItsAddress() { netns_.ip("link set lo up\naddress add 169.254.169.254/32 dev lo\n"); }

  harness::Netns netns_{"imds"};
};

TEST_F(ImdsAtItsAddress, TellsTheType) {
  const harness::Inside inside(netns_);
  const harness::MetadataService service({.instance_type = "t4g.micro"}, "169.254.169.254", 80);
  const auto identity = ask_imds();
  ASSERT_TRUE(identity) << identity.error().what;
  EXPECT_EQ(identity->type, "t4g.micro");
}

TEST_F(ImdsAtItsAddress, IsWaitedForOneSecondWhereItIsSilent) {
  const harness::Inside inside(netns_);
  const harness::MetadataService service({.silent = true}, "169.254.169.254", 80);
  const Nanoseconds begin = sys::now().boot;
  const auto identity = ask_imds();
  const Nanoseconds waited = sys::now().boot - begin;
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what, "the metadata service did not answer within 1.00 s");
  EXPECT_GE(waited, 990ms);
  EXPECT_LT(waited, 3s);
}

TEST(Imds, IsMissedAtOnceWhereThereIsNoRoute) {
  const harness::Netns netns("imds-none");
  const auto identity = harness::inside(netns, [] { return ask_imds(); });
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().what, "the metadata service: Network is unreachable");
  EXPECT_EQ(identity.error().failure, Failure::unsupported);
}

}  // namespace
}  // namespace cgtally::ec2
