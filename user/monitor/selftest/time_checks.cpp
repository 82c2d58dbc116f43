// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "adapters/sys/clock.h"
#include "adapters/sys/poller.h"
#include "monitor/bursts/burst_monitor.h"
#include "monitor/selftest/checks.h"
#include "monitor/selftest/conserve.h"
#include "monitor/selftest/test_flows.h"
#include "monitor/session/pinned_session.h"

namespace cgtally::monitor {
namespace {

using selftest::CheckResult;
using namespace std::chrono_literals;

constexpr traffic::Datagrams kRound{.count = 100, .payload_bytes = 600};
constexpr traffic::Datagrams kBurst{.count = 700, .payload_bytes = 1472};
constexpr BitRate kBurstThreshold{10'000'000};  // one full packet in a window of 1 ms is above
constexpr Nanoseconds kBurstIsSeenWithin = 5s;
constexpr int kBurstAttempts = 3;
constexpr std::size_t kRoundsOfEach = 3;

constexpr std::uint16_t kKilledPort = 7200;
constexpr std::uint16_t kBurstPort = 7201;

// What a session's first tick has, of which bursts need the ledger's id alone.
Snapshot base_of(Session& session) {
  static const Allowances kNoCounters;
  static const TcpStats kNoTcp;
  return {.reading = session.read(),
          .counting = true,
          .samples = {},
          .allowances = {},
          .counters = kNoCounters,
          .billed = {},
          .queues = {},
          .tcp_updated = false,
          .tcp_complete = false,
          .tcp = kNoTcp};
}

Result<std::unique_ptr<Session>> join(const CheckContext& context, Notices& notices) {
  SessionOptions options;
  options.choice.interfaces = {kCountedDevice};
  options.bpffs = context.setting.bpffs;
  options.choice.host_root = context.setting.host_root;
  auto session = PinnedSession::join(options, notices);
  if (session && !*session) {
    return std::unexpected(Error{.what = "the test's own ledger cannot be read", .hint = {}});
  }
  return session;
}

// Lets the windows be read until the sent bursts have as many bytes, or time is up.
Result<void> await_bursts(CheckContext& context, sys::Poller& poller, const Bytes& seen,
                          Bytes expected) {
  const Nanoseconds begin = sys::now().boot;
  while (sys::now().boot - begin < kBurstIsSeenWithin && seen < expected) {
    if (auto go_on = context.interrupt.check(); !go_on) return go_on;
    if (auto waited = poller.wait(20ms); !waited) return std::unexpected(waited.error());
  }
  return {};
}

struct SeenBursts {
  Bytes bytes;
  Bytes of_cgroup;  // at most
};

Result<SeenBursts> watch_burst(CheckContext& context, Session& session, const Flow& flow,
                               Bytes expected) {
  auto poller = sys::Poller::open();
  if (!poller) return std::unexpected(poller.error());
  Notices notices;
  notices.deliver_to([](const std::string&) {});
  SeenBursts seen;
  const auto on_burst = [&](const NamedBurst& named) {
    const ExplainedBurst& one = named.burst;
    if (one.direction != Direction::tx) return;
    seen.bytes += one.burst.bytes;
    for (const BurstShare& share : one.burst.shares) {
      if (share.account.cgroup_id == context.bed.first().cgroup.id) seen.of_cgroup += share.most;
    }
  };
  const BurstSetup setup{.context = BurstContext(std::nullopt, std::nullopt),
                         .threshold = resolve({.share = {}, .rate = kBurstThreshold}, {})};
  BurstMonitor bursts(session, setup, notices, on_burst);
  if (auto started = bursts.start(*poller, base_of(session)); !started) {
    return std::unexpected(started.error());
  }
  bursts.await_first_windows();
  if (auto sent = traffic::send_at_once(flow.near, kBurst); !sent) {
    return std::unexpected(sent.error());
  }
  if (auto done = await_bursts(context, *poller, seen.bytes, expected); !done) {
    return std::unexpected(done.error());
  }
  bursts.finish();
  return seen;
}

}  // namespace

Result<CheckResult> check_killed_keeper(CheckContext& context, const std::string& name) {
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto flow = udp_flow(context.bed, context.bed.first(), {.port = kKilledPort});
    if (!flow) return std::unexpected(flow.error());
    const auto rounds = [&]() -> Result<void> {
      for (std::size_t i = 0; i < kRoundsOfEach; ++i) {
        auto arrived = exchange_both_ways(*flow, kRound);
        if (!arrived) return std::unexpected(arrived.error());
        std::ranges::move(*arrived, std::back_inserter(made.arrived));
      }
      return {};
    };
    if (auto with_keeper = rounds(); !with_keeper) return std::unexpected(with_keeper.error());
    context.keeper.kill();
    if (auto without = rounds(); !without) return std::unexpected(without.error());
    auto again = PrivateKeeper::start(context.setting, context.interrupt);
    if (!again) return std::unexpected(again.error());
    context.keeper = std::move(*again);
    if (auto with_next = rounds(); !with_next) return std::unexpected(with_next.error());
    made.known.push_back(
        {.whose = "its cgroup: ",
         .cgroup_id = context.bed.first().cgroup.id,
         .traffic = same_both_ways(selftest::datagrams_on_wire(
             selftest::IpVersion::v4, 3 * kRoundsOfEach * kRound.count, kRound.payload_bytes))});
    return made;
  });
}

Result<CheckResult> check_microburst(CheckContext& context, const std::string& name) {
  Notices notices;
  notices.deliver_to([](const std::string&) {});
  auto session = join(context, notices);
  if (!session) return std::unexpected(session.error());
  if ((*session)->window_settings().window <= Nanoseconds::zero()) {
    return selftest::skip(name, "this kernel preempts our programs (PREEMPT_RT): no windows");
  }
  const auto flow = udp_flow(context.bed, context.bed.first(), {.port = kBurstPort});
  if (!flow) return std::unexpected(flow.error());
  const auto known =
      selftest::datagrams_on_wire(selftest::IpVersion::v4, kBurst.count, kBurst.payload_bytes);
  // The sender's neighbour is known from here on: nothing but the burst is sent.
  if (auto probe = exchange_both_ways(*flow, {.count = 1, .payload_bytes = 1}); !probe) {
    return std::unexpected(probe.error());
  }
  // On a host that is busy for long the windows are overwritten before they are read, which is no
  // fault of the counting: another burst may be luckier.
  CheckResult result;
  for (int attempt = 0; attempt < kBurstAttempts; ++attempt) {
    const auto seen = watch_burst(context, **session, *flow, known.bytes);
    if (!seen) return std::unexpected(seen.error());
    result = selftest::judge(name, {{.what = "in bursts",
                                     .expected = {.bytes = known.bytes, .packets = {}},
                                     .seen = {.bytes = seen->bytes, .packets = {}}},
                                    {.what = "of its cgroup",
                                     .expected = {.bytes = known.bytes, .packets = {}},
                                     .seen = {.bytes = seen->of_cgroup, .packets = {}}}});
    if (result.outcome == selftest::CheckOutcome::ok) break;
  }
  return result;
}

}  // namespace cgtally::monitor
