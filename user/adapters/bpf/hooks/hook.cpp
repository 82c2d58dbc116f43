// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/hooks/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/hooks/filter_owner.h"
#include "adapters/bpf/hooks/tcx_type.h"
#include "adapters/netlink/filters.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::uint32_t kBefore =
    1U << 3;  // BPF_F_BEFORE: without a relative program, the head of the chain

constexpr std::uint32_t kLastPreference = 0xffff;

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

// Returns the id of the new program.
Result<std::uint32_t> replace_filter(int program_fd, int ifindex, HookDirection direction,
                                     std::uint32_t preference) {
  const LibbpfLog log;
  const bpf_tc_hook hook = tc_hook(ifindex, direction);
  bpf_tc_opts filter = tc_filter(preference);
  filter.prog_fd = program_fd;
  filter.flags = BPF_TC_F_REPLACE;
  if (const int code = bpf_tc_attach(&hook, &filter); code < 0) {
    return std::unexpected(sys::error_from(-code, "replace the program of a clsact filter"));
  }
  return filter.prog_id;
}

// A preference is free only if no filter has it: filters of one preference must be of one kind, and
// we could not choose their order.
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

// The kernel's answer for a tcx link, which bpf_link_info of Debian 12 does not have.
struct TcxLinkInfo {
  std::uint32_t type, id, prog_id, pad;
  std::uint32_t ifindex, attach_type;
};

// The interface of a link; 0 if the interface has gone or the link was detached.
int ifindex_of_link(int link) {
  union {
    bpf_link_info known;
    TcxLinkInfo tcx;
  } info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(link, &info, &size) != 0) return 0;
  return static_cast<int>(info.tcx.ifindex);
}

}  // namespace

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
  FilterLocation location{*std::move(here), ifindex, direction, {.made_qdisc = made == 0}};
  auto filters = netlink::list_filters(ifindex, chain_of(direction));
  if (!filters) return std::unexpected(std::move(filters).error());
  location.filter.preference = first_free_preference(*filters);

  bpf_tc_opts filter = tc_filter(location.filter.preference);
  filter.prog_fd = program_fd;
  if (const int code = bpf_tc_attach(&hook, &filter); code < 0) {
    if (location.filter.made_qdisc && is_empty(ifindex)) remove_qdisc(ifindex);
    return std::unexpected(sys::error_from(
        -code, "attach a clsact filter",
        code == -ENOENT ? "load the kernel module: modprobe cls_bpf"
                        : "see what holds the hook: tc filter show dev IFACE ingress"));
  }
  location.filter.program_id = filter.prog_id;
  return Hook(std::move(location));
}

Result<Hook> Hook::take_over_tcx(int program_fd, int ifindex, const std::string& pin) {
  std::string found = pin;
  sys::Fd link(bpf_obj_get(found.c_str()));
  if (!link || ifindex_of_link(link.get()) != ifindex) {
    found += kUnfinishedPin;
    link = sys::Fd(bpf_obj_get(found.c_str()));
  }
  if (!link) return std::unexpected(sys::error_from(errno, "open " + pin));
  if (ifindex_of_link(link.get()) != ifindex) {
    return std::unexpected(sys::error_from(ENOENT, pin + " is not attached any more"));
  }
  if (bpf_link_update(link.get(), program_fd, nullptr) != 0) {
    return std::unexpected(sys::error_from(errno, "replace the program of " + pin));
  }
  Hook hook(std::move(link));
  hook.pin_ = found;
  hook.kept_ = true;
  return hook;
}

Result<Hook> Hook::take_over_clsact(int program_fd, int ifindex, HookDirection direction,
                                    const Filter& kept) {
  auto here = netns::Netns::current();
  if (!here) return std::unexpected(std::move(here).error());
  FilterLocation location{*std::move(here), ifindex, direction, kept};
  const auto there = find_filter(ifindex, direction, kept);
  if (!there) {
    return std::unexpected(sys::error_from(ENOENT, "our clsact filter is not there any more"));
  }
  location.filter = *there;
  const auto program_id = replace_filter(program_fd, ifindex, direction, there->preference);
  if (!program_id) return std::unexpected(program_id.error());
  location.filter.program_id = location.filter.next_program_id = *program_id;
  Hook taken(std::move(location));
  taken.kept_ = true;
  return taken;
}

bool Hook::is_link_at(int ifindex, const std::string& pin) {
  for (const std::string& path : {pin, pin + kUnfinishedPin}) {
    const sys::Fd link(bpf_obj_get(path.c_str()));
    if (link && ifindex_of_link(link.get()) == ifindex) return true;
  }
  return false;
}

Result<void> Hook::replace(int program_fd) {
  if (!location_) {
    if (bpf_link_update(link_.get(), program_fd, nullptr) == 0) return {};
    return std::unexpected(sys::error_from(errno, "replace a tcx program"));
  }
  const auto there = find_filter(location_->ifindex, location_->direction, location_->filter);
  if (!there) {
    return std::unexpected(sys::error_from(ENOENT, "our clsact filter is not there any more"));
  }
  const auto program_id =
      replace_filter(program_fd, location_->ifindex, location_->direction, there->preference);
  if (!program_id) return std::unexpected(program_id.error());
  location_->filter.preference = there->preference;
  location_->filter.program_id = location_->filter.next_program_id = *program_id;
  return {};
}

Result<void> Hook::keep(const std::string& pin) {
  if (link_ && pin != pin_) {
    if (auto pinned = replace_pin(link_.get(), pin); !pinned) return pinned;
    pin_ = pin;
  }
  if (location_) ::unlink(pin.c_str());  // of an earlier link at this interface, which was lost
  kept_ = true;
  return {};
}

bool Hook::attached() const {
  if (location_)
    return find_filter(location_->ifindex, location_->direction, location_->filter).has_value();
  return link_ && ifindex_of_link(link_.get()) != 0;
}

Hook::Filter Hook::filter() const { return location_ ? location_->filter : Filter{}; }

Hook::Hook(Hook&& other) noexcept
    : link_(std::move(other.link_)),
      pin_(std::move(other.pin_)),
      location_(std::exchange(other.location_, std::nullopt)),
      kept_(other.kept_) {}

Hook& Hook::operator=(Hook&& other) noexcept {
  if (this != &other) {
    if (!kept_) remove();
    link_ = std::move(other.link_);
    pin_ = std::move(other.pin_);
    location_ = std::exchange(other.location_, std::nullopt);
    kept_ = other.kept_;
  }
  return *this;
}

Hook::~Hook() {
  if (!kept_) remove();
}

// The program id decides: someone may have deleted the qdisc, and another cgtally may have a filter
// with the same handle in a new qdisc.
std::optional<Hook::Filter> Hook::find_filter(int ifindex, HookDirection direction,
                                              const Filter& kept) {
  const auto filters = netlink::list_filters(ifindex, chain_of(direction));
  if (!filters) return std::nullopt;
  const auto found = std::ranges::find_if(*filters, [&](const netlink::Filter& filter) {
    return filter.handle == kFilterHandle && filter.bpf_program_id != 0 &&
           (filter.bpf_program_id == kept.program_id ||
            filter.bpf_program_id == kept.next_program_id);
  });
  if (found == filters->end()) return std::nullopt;
  Filter filter = kept;
  filter.preference = found->preference;
  filter.program_id = found->bpf_program_id;
  return filter;
}

void Hook::remove() {
  if (link_) {
    // Detached explicitly: another process that holds the link must not keep it attached.
    if (kept_) (void)bpf_link_detach(link_.get());
    if (!pin_.empty()) ::unlink(pin_.c_str());
    link_ = sys::Fd();
  }
  if (!location_) return;
  const FilterLocation location = *std::exchange(location_, std::nullopt);
  // A failure is ignored: an interface that has gone took its filters along.
  if (const auto entered = netns::Entered::enter(location.netns); entered) {
    remove_filter(location.ifindex, location.direction, location.filter);
  }
}

void Hook::remove_filter(int ifindex, HookDirection direction, const Filter& kept) {
  if (const auto there = find_filter(ifindex, direction, kept)) {
    detach_filter(ifindex, direction, there->preference);
  }
  if (kept.made_qdisc && is_empty(ifindex)) remove_qdisc(ifindex);
}

Result<std::vector<OrphanedFilter>> orphaned_filters(int ifindex) {
  std::vector<OrphanedFilter> orphaned;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    auto filters = netlink::list_filters(ifindex, chain_of(direction));
    if (!filters) return std::unexpected(std::move(filters).error());
    for (const netlink::Filter& filter : *filters) {
      const bool ours = filter.handle == kFilterHandle && filter.bpf_name.starts_with("cgt_");
      if (!ours || owner_process_alive(filter.bpf_program_id)) continue;
      orphaned.push_back({.direction = direction,
                          .preference = filter.preference,
                          .name = filter.bpf_name.substr(0, filter.bpf_name.find(":["))});
    }
  }
  return orphaned;
}

Result<int> remove_orphaned_filters(int ifindex) {
  const auto orphaned = orphaned_filters(ifindex);
  if (!orphaned) return std::unexpected(orphaned.error());
  int removed = 0;
  for (const OrphanedFilter& filter : *orphaned) {
    if (detach_filter(ifindex, filter.direction, filter.preference) == 0) ++removed;
  }
  return removed;
}

}  // namespace cgtally::bpf
