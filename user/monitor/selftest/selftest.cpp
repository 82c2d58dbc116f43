// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/selftest.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <utility>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/host/machine.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/private_bpffs.h"
#include "monitor/selftest/checks.h"

namespace cgtally::monitor {
namespace {

using selftest::CheckResult;

// The keeper is killed last but one: from then on the process may have threads.
constexpr std::array<SelftestCheck, 10> kChecks{{
    {.name = "udp", .run = check_udp},
    {.name = "tcp", .run = check_tcp},
    {.name = "super-packets", .run = check_super_packets},
    {.name = "fragments", .run = check_fragments},
    {.name = "vlan", .run = check_vlan},
    {.name = "ipv6", .run = check_ipv6},
    {.name = "attribution", .run = check_attribution},
    {.name = "forwarded", .run = check_forwarded},
    {.name = "killed keeper", .run = check_killed_keeper},
    {.name = "microburst", .run = check_microburst},
}};

// Interrupted, or what the check needs failed: that is a failure too, but of another kind.
Result<CheckResult> run_one(const SelftestCheck& check, CheckContext& context) {
  const Nanoseconds begin = sys::now().boot;
  auto result = check.run(context, check.name);
  if (!result && result.error().code == EINTR) return std::unexpected(result.error());
  CheckResult known = result ? std::move(*result) : selftest::fail(check.name, result.error().what);
  known.took = sys::now().boot - begin;
  return known;
}

// `report` has the checks that were made so far.
Result<void> run_checks(const Testbed& bed, const KeeperSetting& setting, Interrupt& interrupt,
                        const SelftestHooks& hooks, selftest::SelftestReport& report) {
  auto keeper = PrivateKeeper::start(setting, interrupt);
  if (!keeper) return std::unexpected(keeper.error());
  auto sides = SideReader::open(bed, setting.bpffs, interrupt);
  if (!sides) return std::unexpected(std::move(sides).error());
  report.host.emplace_back("hook", sides->hook());
  CheckContext context{
      .bed = bed, .sides = *sides, .keeper = *keeper, .interrupt = interrupt, .setting = setting};
  for (const SelftestCheck& check : kChecks) {
    if (auto go_on = interrupt.check(); !go_on) return go_on;
    auto result = run_one(check, context);
    if (!result) return std::unexpected(std::move(result).error());
    hooks.on_check(*result);
    report.checks.push_back(std::move(*result));
  }
  return {};
}

// Whatever prevents the test is about the host: nothing was said about the counting.
std::unexpected<Error> cannot_run(Error error) {
  if (error.code != EINTR) error.failure = Failure::unsupported;
  return std::unexpected(std::move(error));
}

}  // namespace

Result<selftest::SelftestReport> run_selftest(const std::string& version,
                                              const std::string& host_root,
                                              const SelftestHooks& hooks) {
  selftest::SelftestReport report;
  const Nanoseconds begin = sys::now().boot;
  report.version = version;
  report.host = host::machine_lines();
  if (auto may = bpf::may_load_programs(); !may) return cannot_run(may.error());
  auto interrupt = Interrupt::open();
  if (!interrupt) return cannot_run(interrupt.error());
  const auto bpffs = sys::cover_bpffs();
  if (!bpffs) return cannot_run(bpffs.error());
  const auto bed = Testbed::build(host_root);
  if (!bed) return cannot_run(bed.error());
  if (const int left = (*bed)->removed_leftovers(); left > 0) {
    hooks.on_notice(fmt::format("removed the cgroups that {} killed selftest{} had left", left,
                                left == 1 ? "" : "s"));
  }
  const KeeperSetting setting{.device = kCountedDevice, .bpffs = *bpffs, .host_root = host_root};
  if (auto done = run_checks(**bed, setting, *interrupt, hooks, report); !done) {
    return cannot_run(done.error());
  }
  report.took = sys::now().boot - begin;
  return report;
}

}  // namespace cgtally::monitor
