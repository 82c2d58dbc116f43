// SPDX-License-Identifier: Apache-2.0
// A row of the totals CSV, field by field.
#include "adapters/csv/totals.h"

#include <gtest/gtest.h>

namespace cgtally::csv {
namespace {

TEST(TotalsCsv, ARowHasTheContainersName) {
  const TotalsReport report{
      .taken = {}, .host = "h", .ledger = "l", .since = {}, .counting = true, .rows = {}};
  const TotalsRow row{.iface = "eth0",
                      .cgroup_id = 7,
                      .account = "/pod",
                      .state = TotalsState::live,
                      .totals = {},
                      .owner = {.container = "app", .pod = "api-7c9f", .k8s_namespace = "shop"}};
  EXPECT_TRUE(totals_row(report, row)
                  .contains(",h,l,eth0,7,/pod,app,api-7c9f,shop,live,0,0,0,0,0,0,0,0,0,0\n"))
      << totals_row(report, row);
}

}  // namespace
}  // namespace cgtally::csv
