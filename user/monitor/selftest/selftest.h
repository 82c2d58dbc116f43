// SPDX-License-Identifier: Apache-2.0
// The self-test: cgtally counts traffic of its own making, whose truth is known, on this kernel and
// this host. It touches neither the user's ledger nor an interface, netns or cgroup of the user's.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/selftest/report.h"

namespace cgtally::monitor {

struct SelftestHooks {
  std::function<void(const std::string& notice)> on_notice;
  std::function<void(const selftest::CheckResult& check)> on_check;  // as soon as it is known
};

// Runs all checks. `host_root`: where the host's / is mounted; empty: at /. An Error: the test
// cannot run here, or it was interrupted (EINTR); then nothing is known of the counting. In either
// case nothing is left behind. The process must have one thread and keeps a mount namespace of its
// own.
Result<selftest::SelftestReport> run_selftest(const std::string& version,
                                              const std::string& host_root,
                                              const SelftestHooks& hooks);

}  // namespace cgtally::monitor
