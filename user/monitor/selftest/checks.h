// SPDX-License-Identifier: Apache-2.0
// The checks of a self-test, each with traffic of its own. An Error is neither a verdict on the
// counting nor expected: the run reports it as a failure, or ends if it was interrupted.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/selftest/check.h"
#include "monitor/notices.h"
#include "monitor/selftest/both_sides.h"
#include "monitor/selftest/interrupt.h"
#include "monitor/selftest/private_keeper.h"
#include "monitor/selftest/testbed.h"

namespace cgtally::monitor {

struct CheckContext {
  const Testbed& bed;
  SideReader& sides;
  PrivateKeeper& keeper;
  Interrupt& interrupt;
  const KeeperSetting& setting;
};

struct SelftestCheck {
  const char* name;
  Result<selftest::CheckResult> (*run)(CheckContext& context, const std::string& name);
};

// Conservation: all that crossed the wire is counted, byte for byte, in both directions.
Result<selftest::CheckResult> check_udp(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_tcp(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_super_packets(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_fragments(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_vlan(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_ipv6(CheckContext& context, const std::string& name);

// Owners: each cgroup gets its own bytes and no others.
Result<selftest::CheckResult> check_attribution(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_forwarded(CheckContext& context, const std::string& name);

// Time: nothing is lost while no keeper runs, and a burst is seen as what it was.
Result<selftest::CheckResult> check_killed_keeper(CheckContext& context, const std::string& name);
Result<selftest::CheckResult> check_microburst(CheckContext& context, const std::string& name);

}  // namespace cgtally::monitor
