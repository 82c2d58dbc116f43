// SPDX-License-Identifier: Apache-2.0
// Facts from the texts of /proc and /sys.
#include "adapters/host/facts.h"

#include <gtest/gtest.h>

namespace cgtally::host {
namespace {

TEST(EffectiveCapabilities, AreReadFromTheirLineOnly) {
  EXPECT_EQ(
      effective_capabilities_in("Name:\tx\nCapPrm:\t00000000000000ff\nCapEff:\t000001ffffffffff\n"),
      0x1ffffffffffU);
  EXPECT_EQ(effective_capabilities_in("CapPrm:\t00000000000000ff\n"), 0U);
  EXPECT_EQ(effective_capabilities_in(""), 0U);
}

TEST(LockdownMode, IsTheOneInBrackets) {
  EXPECT_EQ(lockdown_mode_in("[none] integrity confidentiality\n"), "none");
  EXPECT_EQ(lockdown_mode_in("none integrity [confidentiality]\n"), "confidentiality");
  EXPECT_EQ(lockdown_mode_in(""), "");
  EXPECT_EQ(lockdown_mode_in("]none["), "");
}

}  // namespace
}  // namespace cgtally::host
