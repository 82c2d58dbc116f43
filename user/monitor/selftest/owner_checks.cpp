// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/sys/clock.h"
#include "monitor/selftest/checks.h"
#include "monitor/selftest/conserve.h"
#include "monitor/selftest/test_flows.h"

namespace cgtally::monitor {
namespace {

using selftest::CheckResult;
using namespace std::chrono_literals;

constexpr Nanoseconds kPodIsKnownWithin = 15s;
constexpr traffic::Datagrams kProbe{.count = 1, .payload_bytes = 100};
constexpr std::uint16_t kOwnerPort = 7100;
constexpr std::uint16_t kProbePort = 7150;

// A tenant's conversation by UDP and TCP, of sizes that no other has.
struct Conversation {
  const Tenant& tenant;
  const char* whose;
  AddressPair addresses;
  std::uint16_t port = 0;
  traffic::Datagrams datagrams;
  std::size_t bytes = 0;
};

// Its flows. The connection is open before anything is compared, because a handshake has options
// that neither end counts.
struct OpenConversation {
  const Conversation& plan;
  Flow udp;
  Flow tcp;
};

Result<OpenConversation> open(const CheckContext& context, const Conversation& plan) {
  const FlowEnds ends{.addresses = plan.addresses, .port = plan.port};
  auto udp = udp_flow(context.bed, plan.tenant, ends);
  if (!udp) return std::unexpected(std::move(udp).error());
  auto tcp = tcp_flow(context.bed, plan.tenant, ends);
  if (!tcp) return std::unexpected(std::move(tcp).error());
  return OpenConversation{.plan = plan, .udp = std::move(*udp), .tcp = std::move(*tcp)};
}

Result<void> hold(const OpenConversation& open, MadeTraffic& made) {
  const Conversation& plan = open.plan;
  const auto before = carried_by(open.tcp);
  if (!before) return std::unexpected(before.error());
  auto datagrams = exchange_both_ways(open.udp, plan.datagrams);
  if (!datagrams) return std::unexpected(datagrams.error());
  std::ranges::move(*datagrams, std::back_inserter(made.arrived));
  auto bytes = transfer_both_ways(open.tcp, plan.bytes);
  if (!bytes) return std::unexpected(bytes.error());
  std::ranges::move(*bytes, std::back_inserter(made.arrived));
  const auto known = selftest::datagrams_on_wire(selftest::IpVersion::v4, plan.datagrams.count,
                                                 plan.datagrams.payload_bytes);
  made.known.push_back({.whose = plan.whose,
                        .cgroup_id = plan.tenant.cgroup.id,
                        .traffic = same_both_ways(known),
                        .connection = &open.tcp,
                        .carried_before = *before});
  return {};
}

// Owners of what is forwarded are found a moment after a pod begins. Sends until both directions
// have arrived at the pod's account.
Result<bool> await_pod(CheckContext& context, const Tenant& pod, const FlowEnds& ends) {
  const auto flow = udp_flow(context.bed, pod, ends);
  if (!flow) return std::unexpected(flow.error());
  const Nanoseconds begin = sys::now().boot;
  while (sys::now().boot - begin < kPodIsKnownWithin) {
    if (auto go_on = context.interrupt.check(); !go_on) return std::unexpected(go_on.error());
    const auto sent = exchange_both_ways(*flow, kProbe);
    if (!sent) return std::unexpected(sent.error());
    std::this_thread::sleep_for(50ms);
    const auto now = context.sides.read();
    if (!now) return std::unexpected(now.error());
    const Traffic counted = of_cgroup(*now, pod.cgroup.id);
    if (counted.rx_packets.value > 0 && counted.tx_packets.value > 0) return true;
  }
  return false;
}

Result<CheckResult> compare(CheckContext& context, const std::string& name,
                            const std::vector<OpenConversation>& all) {
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    for (const OpenConversation& one : all) {
      if (auto held = hold(one, made); !held) return std::unexpected(held.error());
    }
    return made;
  });
}

}  // namespace

Result<CheckResult> check_attribution(CheckContext& context, const std::string& name) {
  const std::array<Conversation, 2> plans{
      Conversation{.tenant = context.bed.first(),
                   .whose = "first cgroup: ",
                   .addresses = kIpv4Pair,
                   .port = kOwnerPort,
                   .datagrams = {.count = 300, .payload_bytes = 501},
                   .bytes = 1'000'003},
      Conversation{.tenant = context.bed.second(),
                   .whose = "second cgroup: ",
                   .addresses = kIpv4Pair,
                   .port = kOwnerPort + 1,
                   .datagrams = {.count = 200, .payload_bytes = 1203},
                   .bytes = 500'009}};
  std::vector<OpenConversation> all;
  for (const Conversation& plan : plans) {
    auto opened = open(context, plan);
    if (!opened) return std::unexpected(std::move(opened).error());
    all.push_back(std::move(*opened));
  }
  return compare(context, name, all);
}

Result<CheckResult> check_forwarded(CheckContext& context, const std::string& name) {
  const auto& pod = context.bed.pod();
  if (!pod) return selftest::skip(name, "no pod could be made: " + pod.error().what);
  const Conversation plan{.tenant = *pod,
                          .whose = "the pod: ",
                          .addresses = {.host = kPodAddress, .remote = kIpv4Pair.remote},
                          .port = kOwnerPort + 2,
                          .datagrams = {.count = 200, .payload_bytes = 907},
                          .bytes = 700'001};
  const auto known = await_pod(context, *pod, {.addresses = plan.addresses, .port = kProbePort});
  if (!known) return std::unexpected(known.error());
  if (!*known) {
    return selftest::fail(name,
                          "what is forwarded for a pod is not counted on the pod's cgroup "
                          "(see: cgtally status)");
  }
  auto opened = open(context, plan);
  if (!opened) return std::unexpected(std::move(opened).error());
  std::vector<OpenConversation> all;
  all.push_back(std::move(*opened));
  return compare(context, name, all);
}

}  // namespace cgtally::monitor
