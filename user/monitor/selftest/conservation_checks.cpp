// SPDX-License-Identifier: Apache-2.0
// UDP's bytes are known beforehand; those of TCP's segments are known to its two ends, which count
// what they send. What the interface itself says is the truth for everything together.
#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "adapters/traffic/tagged_frames.h"
#include "monitor/selftest/checks.h"
#include "monitor/selftest/conserve.h"
#include "monitor/selftest/test_flows.h"

namespace cgtally::monitor {
namespace {

using selftest::CheckResult;
using selftest::IpVersion;

constexpr traffic::Datagrams kSmall{.count = 500, .payload_bytes = 700};
constexpr traffic::Datagrams kLarge{.count = 60, .payload_bytes = 8000};
constexpr traffic::Segmented kSuper{.calls = 60, .datagrams_per_call = 40, .payload_bytes = 1200};
constexpr std::size_t kTransfer = 3'000'000;
constexpr std::uint64_t kMtu = 1500;
constexpr std::uint64_t kFirstPiece = kMtu - 20 - 8;  // payload bytes
constexpr traffic::TaggedFrames kTagged{.count = 100, .bytes = 618, .vlan = 77};
constexpr std::uint64_t kTag = 4;
constexpr const char* kItsCgroup = "its cgroup: ";

constexpr std::uint16_t kUdpPort = 7001;
constexpr std::uint16_t kTcpPort = 7002;

void append(std::vector<selftest::Figure>& all, std::vector<selftest::Figure> more) {
  std::ranges::move(more, std::back_inserter(all));
}

// After the handshake, whose options no counter tells.
Result<void> add_transfer(const CheckContext& context, const FlowEnds& ends, MadeTraffic& made) {
  const auto flow = tcp_flow(context.bed, context.bed.first(), ends);
  if (!flow) return std::unexpected(flow.error());
  auto arrived = transfer_both_ways(*flow, kTransfer);
  if (!arrived) return std::unexpected(arrived.error());
  append(made.arrived, std::move(*arrived));
  return {};
}

Result<void> add_datagrams(const CheckContext& context, const FlowEnds& ends,
                           const traffic::Datagrams& datagrams, MadeTraffic& made) {
  const auto flow = udp_flow(context.bed, context.bed.first(), ends);
  if (!flow) return std::unexpected(flow.error());
  auto arrived = exchange_both_ways(*flow, datagrams);
  if (!arrived) return std::unexpected(arrived.error());
  append(made.arrived, std::move(*arrived));
  return {};
}

// Both ends send frames whose tag is in band; the kernel takes it off before our hook sees them.
Result<void> send_tagged_frames(const CheckContext& context) {
  if (auto sent = traffic::send_tagged(context.bed.counted_ifindex(), kTagged); !sent) return sent;
  const auto there = netns::Entered::enter(context.bed.remote());
  if (!there) return std::unexpected(there.error());
  return traffic::send_tagged(context.bed.remote_ifindex(), kTagged);
}

// The same by a device that adds the tag.
Result<void> add_vlan_traffic(const CheckContext& context, MadeTraffic& made) {
  const auto sent =
      add_datagrams(context, {.addresses = kVlanPair, .port = kUdpPort}, kSmall, made);
  if (!sent) return sent;
  made.known.push_back({.whose = kItsCgroup,
                        .cgroup_id = context.bed.first().cgroup.id,
                        .traffic = same_both_ways(selftest::datagrams_on_wire(
                            IpVersion::v4, kSmall.count, kSmall.payload_bytes, kTag))});
  return {};
}

bool lacks_a_feature(const Error& error) {
  return error.code == EOPNOTSUPP || error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL ||
         error.code == ENOPROTOOPT || error.code == EPERM;
}

}  // namespace

Result<CheckResult> check_udp(CheckContext& context, const std::string& name) {
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto sent = add_datagrams(context, {.port = kUdpPort}, kSmall, made);
    if (!sent) return std::unexpected(sent.error());
    made.known.push_back({.whose = kItsCgroup,
                          .cgroup_id = context.bed.first().cgroup.id,
                          .traffic = same_both_ways(selftest::datagrams_on_wire(
                              IpVersion::v4, kSmall.count, kSmall.payload_bytes))});
    return made;
  });
}

Result<CheckResult> check_tcp(CheckContext& context, const std::string& name) {
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto sent = add_transfer(context, {.port = kTcpPort}, made);
    if (!sent) return std::unexpected(sent.error());
    return made;
  });
}

Result<CheckResult> check_super_packets(CheckContext& context, const std::string& name) {
  if (auto whole = context.bed.send_super_packets(true); !whole) {
    return std::unexpected(whole.error());
  }
  auto result = conserve(context, name, WireTruth::queues, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto flow = udp_flow(context.bed, context.bed.first(), {.port = kUdpPort});
    if (!flow) return std::unexpected(flow.error());
    auto arrived = segment_both_ways(*flow, kSuper);
    if (!arrived) return std::unexpected(arrived.error());
    append(made.arrived, std::move(*arrived));
    const auto sent = add_transfer(context, {.port = kTcpPort}, made);
    if (!sent) return std::unexpected(sent.error());
    return made;
  });
  if (auto cut = context.bed.send_super_packets(false); !cut) return std::unexpected(cut.error());
  if (!result && lacks_a_feature(result.error())) {
    return selftest::skip(name, "the kernel does not cut datagrams: " + result.error().what);
  }
  return result;
}

Result<CheckResult> check_fragments(CheckContext& context, const std::string& name) {
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto sent = add_datagrams(context, {.port = kUdpPort}, kLarge, made);
    if (!sent) return std::unexpected(sent.error());
    // Of a datagram that comes in pieces, only the first names the receiver.
    const auto pieces =
        selftest::fragments_on_wire(IpVersion::v4, kLarge.count, kLarge.payload_bytes, kMtu);
    const auto first = selftest::datagrams_on_wire(IpVersion::v4, kLarge.count, kFirstPiece);
    made.known.push_back({.whose = kItsCgroup,
                          .cgroup_id = context.bed.first().cgroup.id,
                          .traffic = {.rx_bytes = first.bytes,
                                      .rx_packets = first.packets,
                                      .tx_bytes = pieces.bytes,
                                      .tx_packets = pieces.packets}});
    return made;
  });
}

Result<CheckResult> check_vlan(CheckContext& context, const std::string& name) {
  const auto device = context.bed.add_vlan();
  if (!device && !lacks_a_feature(device.error())) return std::unexpected(device.error());
  return conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const auto sent = send_tagged_frames(context);
    if (!sent) return std::unexpected(sent.error());
    if (!device) return made;
    const auto more = add_vlan_traffic(context, made);
    if (!more) return std::unexpected(more.error());
    return made;
  });
}

Result<CheckResult> check_ipv6(CheckContext& context, const std::string& name) {
  auto result = conserve(context, name, WireTruth::device, [&]() -> Result<MadeTraffic> {
    MadeTraffic made;
    const FlowEnds datagrams{.addresses = kIpv6Pair, .port = kUdpPort};
    for (const auto& some : {kSmall, kLarge}) {
      const auto sent = add_datagrams(context, datagrams, some, made);
      if (!sent) return std::unexpected(sent.error());
    }
    const auto moved = add_transfer(context, {.addresses = kIpv6Pair, .port = kTcpPort}, made);
    if (!moved) return std::unexpected(moved.error());
    return made;
  });
  if (!result && lacks_a_feature(result.error())) {
    return selftest::skip(name, "no IPv6 here: " + result.error().what);
  }
  return result;
}

}  // namespace cgtally::monitor
