// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/both_sides.h"

#include <fmt/core.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <variant>

#include "adapters/netlink/device_counters.h"
#include "adapters/netlink/qdisc.h"

namespace cgtally::monitor {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookPause = 20ms;
constexpr int kLasting = 50;  // looks without a change: then a difference is real
constexpr int kMostLooks = 500;

// Bytes and packets alone, as the kernel's counters have them.
Traffic plain(Traffic traffic) {
  traffic.tcp = {};
  return traffic;
}

Result<Traffic> gained(const Traffic& before, const Traffic& now, const char* whose) {
  const Step by = step(before, now);
  if (const auto* advanced = std::get_if<Advanced>(&by)) return plain(advanced->by);
  return std::unexpected(Error{.what = fmt::format("{} went backwards", whose), .hint = {}});
}

Result<BothSides> difference(const BothSides& base, const BothSides& now) {
  BothSides since;
  const auto device = gained(base.device, now.device, "the interface's counters");
  const auto queues = gained(base.queues, now.queues, "the queues' counters");
  const auto counted = gained(base.counted, now.counted, "the ledger's totals");
  for (const auto* one : {&device, &queues, &counted}) {
    if (!*one) return std::unexpected(one->error());
  }
  since = {.device = *device, .queues = *queues, .counted = *counted, .of_cgroups = {}};
  for (const auto& [id, totals] : now.of_cgroups) {
    const auto of_one = gained(of_cgroup(base, id), totals, "an account's totals");
    if (!of_one) return std::unexpected(of_one.error());
    since.of_cgroups[id] = *of_one;
  }
  return since;
}

}  // namespace

Traffic of_cgroup(const BothSides& difference, std::uint64_t cgroup_id) {
  const auto found = difference.of_cgroups.find(cgroup_id);
  return found == difference.of_cgroups.end() ? Traffic{} : found->second;
}

Result<SideReader> SideReader::open(const Testbed& bed, const std::string& bpffs,
                                    Interrupt& interrupt) {
  auto view = bpf::LedgerView::open(bpffs);
  if (!view) return std::unexpected(std::move(view).error());
  const auto& interfaces = view->interfaces();
  const auto found = std::ranges::find(interfaces, kCountedDevice, &bpf::InterfaceRecord::name);
  if (found == interfaces.end()) {
    return std::unexpected(Error{.what = "the test's own interface is not counted", .hint = {}});
  }
  const InterfaceKey key = found->key;
  return SideReader(bed, std::move(*view), key, interrupt);
}

Result<BothSides> SideReader::read() {
  BothSides sides;
  for (const AccountTotals& one : view_.read().accounts) {
    if (one.iface != key_) continue;
    sides.counted += plain(one.totals);
    if (one.account.kind == AccountKind::cgroup) {
      sides.of_cgroups[one.account.cgroup_id] += plain(one.totals);
    }
  }
  const auto device = netlink::device_counters(bed_->counted_ifindex());
  if (!device) return std::unexpected(device.error());
  sides.device = plain(device->carried);
  const auto sent = netlink::root_qdisc(bed_->counted_ifindex());
  if (!sent) return std::unexpected(sent.error());
  const auto there = netns::Entered::enter(bed_->remote());
  if (!there) return std::unexpected(there.error());
  const auto received = netlink::root_qdisc(bed_->remote_ifindex());
  if (!received) return std::unexpected(received.error());
  sides.queues = {.rx_bytes = received->sent_bytes,
                  .rx_packets = received->sent_packets,
                  .tx_bytes = sent->sent_bytes,
                  .tx_packets = sent->sent_packets};
  return sides;
}

Result<BothSides> SideReader::settle(const BothSides& base, WireTruth truth) {
  std::optional<BothSides> before;
  int unmoved = 0;
  for (int look = 0; look < kMostLooks; ++look) {
    if (auto go_on = interrupt_->check(); !go_on) return std::unexpected(go_on.error());
    const auto now = read();
    if (!now) return now;
    auto since = difference(base, *now);
    if (!since) return since;
    unmoved = before && *before == *now ? unmoved + 1 : 0;
    before = *now;
    const Traffic& expected = truth == WireTruth::device ? since->device : since->queues;
    const bool agree = plain(expected) == since->counted;
    if (unmoved >= (agree ? 1 : kLasting)) return since;
    std::this_thread::sleep_for(kLookPause);
  }
  return std::unexpected(Error{.what = "the test's network does not become quiet", .hint = {}});
}

std::string SideReader::hook() {
  for (const bpf::InterfaceRecord& record : view_.interfaces()) {
    if (record.key == key_) return record.hook == bpf::HookKind::tcx ? "tcx" : "clsact";
  }
  return {};
}

}  // namespace cgtally::monitor
