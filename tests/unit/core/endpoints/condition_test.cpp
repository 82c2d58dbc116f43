// SPDX-License-Identifier: Apache-2.0
// The lines of `status` on endpoints.
#include "core/endpoints/condition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cgtally {
namespace {

using Lines = std::vector<std::string>;
using Why = NetnsOwner::Why;

TEST(EndpointLines, SayNothingWhereThereAreNone) { EXPECT_EQ(endpoint_lines({}), Lines{}); }

TEST(EndpointLines, CountWhatTablesHave) {
  EndpointTable table;
  table.owners = {{1, Why::owned}, {2, Why::no_process}, {3, Why::no_process}, {4, Why::shared}};
  table.origins = {10, 20, 30};
  table.addresses[IpAddress{{1}}] = {.cgroup_id = 5, .nsid = 1};
  table.ambiguous = 1;
  EndpointCondition condition;
  condition.add(table);
  condition.origins = 2;
  EXPECT_EQ(
      endpoint_lines(condition),
      (Lines{"4 network namespaces behind 3 veths; 0 of 1 address known, senders told at 2 of "
             "3 veths",
             "without an owner: 2 where no process is seen, 1 whose processes have several "
             "owners",
             "named for nobody: 1 address that two of them have"}));
}

TEST(EndpointLines, SayWhyNothingIsKnown) {
  EXPECT_EQ(endpoint_lines({.unknown = "enter the netns \x1b"}),
            (Lines{"cannot be looked at: enter the netns \\x1b"}));
}

}  // namespace
}  // namespace cgtally
