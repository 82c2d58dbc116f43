// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "adapters/bpf/libbpf_log.h"
#include "adapters/netlink/filters.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// linux/bpf.h of Debian 12 is older than tcx.
constexpr auto kTcxIngress = static_cast<bpf_attach_type>(46);
constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);
constexpr std::uint32_t kBefore = 1U << 3;  // BPF_F_BEFORE: with no relative, the head of the chain

constexpr int kNoSuchIfindex = 0x7fffffff;
constexpr std::uint32_t kLastPreference = 0xffff;

bpf_attach_type tcx_type(HookDirection direction) {
  return direction == HookDirection::ingress ? kTcxIngress : kTcxEgress;
}

netlink::Chain chain_of(HookDirection direction) {
  return direction == HookDirection::ingress ? netlink::Chain::ingress : netlink::Chain::egress;
}

bpf_tc_hook tc_hook(int ifindex, HookDirection direction) {
  bpf_tc_hook hook{};
  hook.sz = sizeof(hook);
  hook.ifindex = ifindex;
  hook.attach_point = direction == HookDirection::ingress ? BPF_TC_INGRESS : BPF_TC_EGRESS;
  return hook;
}

bpf_tc_opts tc_filter(std::uint32_t preference) {
  bpf_tc_opts opts{};
  opts.sz = sizeof(opts);
  opts.handle = kFilterHandle;
  opts.priority = preference;
  return opts;
}

int detach_filter(int ifindex, HookDirection direction, std::uint32_t preference) {
  const LibbpfLog log;
  const bpf_tc_hook hook = tc_hook(ifindex, direction);
  const bpf_tc_opts filter = tc_filter(preference);
  return bpf_tc_detach(&hook, &filter);
}

// A preference is free if nobody has it: filters of one preference must be of one kind, and would
// run in an order that is not ours to choose.
std::uint32_t first_free_preference(const std::vector<netlink::Filter>& filters) {
  std::uint32_t preference = 1;
  const auto taken = [&](const netlink::Filter& filter) { return filter.preference == preference; };
  while (preference < kLastPreference && std::ranges::any_of(filters, taken)) ++preference;
  return preference;
}

bool is_empty(int ifindex) {
  for (const auto chain : {netlink::Chain::ingress, netlink::Chain::egress}) {
    const auto filters = netlink::list_filters(ifindex, chain);
    if (!filters || !filters->empty()) return false;
  }
  return true;
}

void remove_qdisc(int ifindex) {
  const LibbpfLog log;
  bpf_tc_hook hook = tc_hook(ifindex, HookDirection::ingress);
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

}  // namespace

bool Hook::kernel_has_tcx(int program_fd) {
  const int fd = bpf_link_create(program_fd, kNoSuchIfindex, kTcxIngress, nullptr);
  const int code = fd < 0 ? -fd : 0;
  sys::Fd link(fd);
  return code == ENODEV;
}

Result<Hook> Hook::attach_tcx(int program_fd, int ifindex, HookDirection direction) {
  bpf_link_create_opts opts{};
  opts.sz = sizeof(opts);
  opts.flags = kBefore;
  const int fd = bpf_link_create(program_fd, ifindex, tcx_type(direction), &opts);
  if (fd < 0) return std::unexpected(sys::error_from(-fd, "attach a tcx program"));
  return Hook(sys::Fd(fd));
}

Result<Hook> Hook::attach_clsact(int program_fd, int ifindex, HookDirection direction) {
  auto here = netns::Netns::current();
  if (!here) return std::unexpected(std::move(here).error());

  const LibbpfLog log;
  bpf_tc_hook hook = tc_hook(ifindex, direction);
  const int made = bpf_tc_hook_create(&hook);
  if (made < 0 && made != -EEXIST) {
    return std::unexpected(sys::error_from(
        -made, "create the clsact qdisc",
        made == -ENOENT ? "load the kernel module: modprobe sch_ingress" : std::string{}));
  }
  Place place{*std::move(here), ifindex, direction, 0, 0, made == 0};
  auto filters = netlink::list_filters(ifindex, chain_of(direction));
  if (!filters) return std::unexpected(std::move(filters).error());
  place.preference = first_free_preference(*filters);

  bpf_tc_opts filter = tc_filter(place.preference);
  filter.prog_fd = program_fd;
  if (const int code = bpf_tc_attach(&hook, &filter); code < 0) {
    if (place.made_qdisc && is_empty(ifindex)) remove_qdisc(ifindex);
    return std::unexpected(sys::error_from(
        -code, "attach a clsact filter",
        code == -ENOENT ? "load the kernel module: modprobe cls_bpf"
                        : "see what holds the hook: tc filter show dev IFACE ingress"));
  }
  place.program_id = filter.prog_id;
  return Hook(std::move(place));
}

Hook::Hook(Hook&& other) noexcept
    : link_(std::move(other.link_)), place_(std::exchange(other.place_, std::nullopt)) {}

Hook& Hook::operator=(Hook&& other) noexcept {
  if (this != &other) {
    detach();
    link_ = std::move(other.link_);
    place_ = std::exchange(other.place_, std::nullopt);
  }
  return *this;
}

Hook::~Hook() { detach(); }

// Somebody may have deleted the qdisc meanwhile, and another cgtally have taken the place in a new
// one, with the same handle.
bool Hook::is_ours(const Place& place) {
  const auto filters = netlink::list_filters(place.ifindex, chain_of(place.direction));
  return filters && std::ranges::any_of(*filters, [&](const netlink::Filter& filter) {
           return filter.preference == place.preference && filter.handle == kFilterHandle &&
                  filter.bpf_program_id == place.program_id;
         });
}

void Hook::detach() {
  if (!place_) return;
  const Place place = *std::exchange(place_, std::nullopt);
  const auto entered = netns::Entered::enter(place.netns);
  if (!entered) return;
  // An interface that has gone took its filters along: nothing to say about failures here.
  if (is_ours(place)) detach_filter(place.ifindex, place.direction, place.preference);
  if (place.made_qdisc && is_empty(place.ifindex)) remove_qdisc(place.ifindex);
}

Result<int> remove_dead_filters(int ifindex, bool (*owner_alive)(std::uint32_t program_id)) {
  int removed = 0;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    auto filters = netlink::list_filters(ifindex, chain_of(direction));
    if (!filters) return std::unexpected(std::move(filters).error());
    for (const netlink::Filter& filter : *filters) {
      const bool ours = filter.handle == kFilterHandle && filter.bpf_name.starts_with("cgt_");
      if (!ours || owner_alive(filter.bpf_program_id)) continue;
      if (detach_filter(ifindex, direction, filter.preference) == 0) ++removed;
    }
  }
  return removed;
}

}  // namespace cgtally::bpf
