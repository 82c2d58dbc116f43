// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/hooks/clsact_filters.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/hooks/filter_owner.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::uint32_t kLastPreference = 0xffff;
constexpr int kMostHandlesTried = 64;  // others that attach meanwhile may take a handle

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

bpf_tc_opts tc_filter(const Hook::Filter& filter) {
  bpf_tc_opts opts{};
  opts.sz = sizeof(opts);
  opts.handle = filter.handle;
  opts.priority = filter.preference;
  return opts;
}

// Filters of one preference must be of one kind and for one protocol.
bool can_share(const netlink::Filter& filter) {
  return filter.kind == "bpf" && filter.any_protocol;
}

std::uint32_t free_handle(std::span<const netlink::Filter> filters, std::uint32_t preference,
                          std::uint32_t first) {
  const auto taken = [&](std::uint32_t handle) {
    return std::ranges::any_of(filters, [&](const netlink::Filter& filter) {
      return filter.preference == preference && filter.handle == handle;
    });
  };
  while (taken(first)) ++first;
  return first;
}

bool is_empty(int ifindex) {
  for (const auto chain : {netlink::Chain::ingress, netlink::Chain::egress}) {
    const auto filters = netlink::list_filters(ifindex, chain);
    if (!filters || !filters->empty()) return false;
  }
  return true;
}

Hook::Filter filter_from(const netlink::Filter& found, const Hook::Filter& kept) {
  Hook::Filter filter = kept;
  filter.preference = found.preference;
  filter.handle = found.handle;
  filter.program_id = found.bpf_program_id;
  return filter;
}

}  // namespace

Result<std::vector<netlink::Filter>> filters_at(int ifindex, HookDirection direction) {
  auto filters = netlink::list_filters(ifindex, chain_of(direction));
  if (filters) {
    std::erase_if(*filters, [](const netlink::Filter& filter) { return filter.chain != 0; });
  }
  return filters;
}

std::uint32_t best_preference(std::span<const netlink::Filter> filters) {
  std::uint32_t preference = 1;
  const auto is_in_the_way = [&](const netlink::Filter& filter) {
    return filter.preference == preference && !can_share(filter);
  };
  while (preference < kLastPreference && std::ranges::any_of(filters, is_in_the_way)) ++preference;
  return preference;
}

Result<Hook::Filter> add_filter(int program_fd, int ifindex, HookDirection direction) {
  const LibbpfLog log;
  const bpf_tc_hook hook = tc_hook(ifindex, direction);
  Hook::Filter filter{.handle = kFilterHandle};
  for (int tried = 0;; ++tried) {
    const auto filters = filters_at(ifindex, direction);
    if (!filters) return std::unexpected(filters.error());
    filter.preference = best_preference(*filters);
    filter.handle = free_handle(*filters, filter.preference, filter.handle);
    bpf_tc_opts opts = tc_filter(filter);
    opts.prog_fd = program_fd;
    const int code = bpf_tc_attach(&hook, &opts);
    if (code == 0) {
      filter.program_id = filter.next_program_id = opts.prog_id;
      return filter;
    }
    if (code != -EEXIST || tried == kMostHandlesTried) {
      return std::unexpected(sys::error_from(
          -code, "attach a clsact filter",
          code == -ENOENT ? "load the kernel module: modprobe cls_bpf"
                          : "see what holds the hook: tc filter show dev IFACE ingress"));
    }
    ++filter.handle;
  }
}

Result<Hook::Filter> replace_filter(int program_fd, int ifindex, HookDirection direction,
                                    const Hook::Filter& filter) {
  const LibbpfLog log;
  const bpf_tc_hook hook = tc_hook(ifindex, direction);
  bpf_tc_opts opts = tc_filter(filter);
  opts.prog_fd = program_fd;
  opts.flags = BPF_TC_F_REPLACE;
  if (const int code = bpf_tc_attach(&hook, &opts); code < 0) {
    return std::unexpected(sys::error_from(-code, "replace the program of a clsact filter"));
  }
  Hook::Filter replaced = filter;
  replaced.program_id = replaced.next_program_id = opts.prog_id;
  return replaced;
}

int delete_filter(int ifindex, HookDirection direction, const Hook::Filter& filter) {
  const LibbpfLog log;
  const bpf_tc_hook hook = tc_hook(ifindex, direction);
  const bpf_tc_opts opts = tc_filter(filter);
  return bpf_tc_detach(&hook, &opts);
}

// The program id decides: someone may have deleted the qdisc, and another cgtally may have a filter
// with the same handle in a new qdisc.
std::vector<Hook::Filter> filters_of(int ifindex, HookDirection direction,
                                     const Hook::Filter& kept) {
  std::vector<Hook::Filter> ours;
  const auto filters = filters_at(ifindex, direction);
  for (const netlink::Filter& filter : filters ? *filters : std::vector<netlink::Filter>{}) {
    const std::uint32_t id = filter.bpf_program_id;
    if (id != 0 && (id == kept.program_id || id == kept.next_program_id)) {
      ours.push_back(filter_from(filter, kept));
    }
  }
  return ours;
}

std::string displacing_filter(std::span<const netlink::Filter> filters,
                              std::uint32_t own_program_id) {
  const auto own = std::ranges::find(filters, own_program_id, &netlink::Filter::bpf_program_id);
  if (own == filters.end()) return {};
  const std::uint32_t best = best_preference(filters);
  const auto displacing = std::find_if(filters.begin(), own, [&](const netlink::Filter& filter) {
    return filter.handle != 0 && filter.preference >= best && !is_packet_program(filter);
  });
  if (displacing == own) return {};
  const std::string name = displacing->bpf_name.substr(0, displacing->bpf_name.find(":["));
  return fmt::format("{} (pref {})", name.empty() ? displacing->kind : name,
                     displacing->preference);
}

Result<bool> make_qdisc(int ifindex) {
  const LibbpfLog log;
  bpf_tc_hook hook = tc_hook(ifindex, HookDirection::ingress);
  const int made = bpf_tc_hook_create(&hook);
  if (made < 0 && made != -EEXIST) {
    return std::unexpected(sys::error_from(
        -made, "create the clsact qdisc",
        made == -ENOENT ? "load the kernel module: modprobe sch_ingress" : std::string{}));
  }
  return made == 0;
}

void remove_qdisc_if_empty(int ifindex) {
  if (!is_empty(ifindex)) return;
  const LibbpfLog log;
  bpf_tc_hook hook = tc_hook(ifindex, HookDirection::ingress);
  hook.attach_point = static_cast<bpf_tc_attach_point>(BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&hook);
}

}  // namespace cgtally::bpf
