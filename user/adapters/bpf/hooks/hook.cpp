// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/hooks/hook.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <ranges>
#include <utility>
#include <vector>

#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/hooks/clsact_filters.h"
#include "adapters/bpf/hooks/filter_owner.h"
#include "adapters/bpf/hooks/tcx_type.h"
#include "adapters/sys/error.h"
#include "adapters/sys/process.h"

namespace cgtally::bpf {
namespace {

constexpr std::uint32_t kBefore =
    1U << 3;  // BPF_F_BEFORE: without a relative program, the head of the chain

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
  const auto made = make_qdisc(ifindex);
  if (!made) return std::unexpected(made.error());
  auto filter = add_filter(program_fd, ifindex, direction);
  if (!filter) {
    if (*made) remove_qdisc_if_empty(ifindex);
    return std::unexpected(std::move(filter).error());
  }
  filter->made_qdisc = *made;
  return Hook(FilterLocation{*std::move(here), ifindex, direction, *filter});
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
  const auto there = find_filter(ifindex, direction, kept);
  if (!there) {
    return std::unexpected(sys::error_from(ENOENT, "our clsact filter is not there any more"));
  }
  const auto replaced = replace_filter(program_fd, ifindex, direction, *there);
  if (!replaced) return std::unexpected(replaced.error());
  Hook taken(FilterLocation{*std::move(here), ifindex, direction, *replaced});
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

sys::Fd Hook::opened_pin() const {
  return sys::Fd(link_ || pin_.empty() ? -1 : bpf_obj_get(pin_.c_str()));
}

Result<void> Hook::replace(int program_fd) {
  if (!location_) {
    const sys::Fd opened = opened_pin();
    if (bpf_link_update((opened ? opened : link_).get(), program_fd, nullptr) == 0) return {};
    return std::unexpected(sys::error_from(errno, "replace a tcx program"));
  }
  const auto there = find_filter(location_->ifindex, location_->direction, location_->filter);
  if (!there) {
    return std::unexpected(sys::error_from(ENOENT, "our clsact filter is not there any more"));
  }
  const auto replaced =
      replace_filter(program_fd, location_->ifindex, location_->direction, *there);
  if (!replaced) return std::unexpected(replaced.error());
  location_->filter = *replaced;
  return {};
}

Result<void> Hook::keep(const std::string& pin) {
  if (link_ && pin != pin_) {
    if (auto pinned = replace_pin(link_.get(), pin); !pinned) return pinned;
    pin_ = pin;
  }
  if (link_ && sys::descriptors_are_scarce(link_.get())) link_ = sys::Fd();
  if (location_) ::unlink(pin.c_str());  // of an earlier link at this interface, which was lost
  kept_ = true;
  return {};
}

bool Hook::attached() const {
  if (location_)
    return find_filter(location_->ifindex, location_->direction, location_->filter).has_value();
  const sys::Fd opened = opened_pin();
  const sys::Fd& link = opened ? opened : link_;
  return link && ifindex_of_link(link.get()) != 0;
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

std::optional<Hook::Filter> Hook::find_filter(int ifindex, HookDirection direction,
                                              const Filter& kept) {
  const auto ours = filters_of(ifindex, direction, kept);
  return ours.empty() ? std::nullopt : std::optional(ours.front());
}

void Hook::finish_move(int ifindex, HookDirection direction, const Filter& kept) {
  const auto ours = filters_of(ifindex, direction, kept);
  for (const Filter& follower : ours | std::views::drop(1)) {
    delete_filter(ifindex, direction, follower);
  }
}

std::string Hook::displaced_by() const {
  if (!location_) return {};
  const auto filters = filters_at(location_->ifindex, location_->direction);
  return filters ? displacing_filter(*filters, location_->filter.program_id) : std::string{};
}

Result<void> Hook::move_to_head(const MovePrograms& programs, const RecordMove& record) {
  const auto& [netns, ifindex, direction, kept] = *location_;
  const auto old = find_filter(ifindex, direction, kept);
  if (!old) return std::unexpected(sys::error_from(ENOENT, "our clsact filter is not there"));
  if (auto noted = record(old->program_id, programs.follows.id); !noted) return noted;
  const auto follower = replace_filter(programs.follows.fd, ifindex, direction, *old);
  if (!follower) return std::unexpected(follower.error());
  if (auto noted = record(programs.follows.id, programs.leads.id); !noted) return noted;
  auto leader = add_filter(programs.leads.fd, ifindex, direction);
  if (!leader) {
    (void)replace_filter(programs.stays.fd, ifindex, direction, *follower);
    (void)record(programs.follows.id, programs.stays.id);
    return std::unexpected(leader.error());
  }
  delete_filter(ifindex, direction, *follower);
  if (auto noted = record(programs.leads.id, programs.stays.id); !noted) return noted;
  auto stays = replace_filter(programs.stays.fd, ifindex, direction, *leader);
  if (!stays) return std::unexpected(stays.error());
  stays->made_qdisc = kept.made_qdisc;
  location_->filter = *stays;
  return record(programs.stays.id, programs.stays.id);
}

void Hook::remove() {
  if (has_link()) {
    const sys::Fd opened = opened_pin();
    // Detached explicitly: another process that holds the link must not keep it attached.
    if (kept_) (void)bpf_link_detach((opened ? opened : link_).get());
    if (!pin_.empty()) ::unlink(pin_.c_str());
    link_ = sys::Fd();
    pin_.clear();
  }
  if (!location_) return;
  const FilterLocation location = *std::exchange(location_, std::nullopt);
  // A failure is ignored: an interface that has gone took its filters along.
  if (const auto entered = netns::Entered::enter(location.netns); entered) {
    remove_filter(location.ifindex, location.direction, location.filter);
  }
}

void Hook::remove_filter(int ifindex, HookDirection direction, const Filter& kept) {
  // The last first: a filter that follows another one counts nothing.
  for (const Filter& there : filters_of(ifindex, direction, kept) | std::views::reverse) {
    delete_filter(ifindex, direction, there);
  }
  if (kept.made_qdisc) remove_qdisc_if_empty(ifindex);
}

Result<std::vector<OrphanedFilter>> orphaned_filters(int ifindex) {
  std::vector<OrphanedFilter> orphaned;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    auto filters = filters_at(ifindex, direction);
    if (!filters) return std::unexpected(std::move(filters).error());
    for (const netlink::Filter& filter : *filters) {
      if (!is_packet_program(filter) || owner_process_alive(filter.bpf_program_id)) continue;
      orphaned.push_back({.direction = direction,
                          .preference = filter.preference,
                          .handle = filter.handle,
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
    const Hook::Filter at{.preference = filter.preference, .handle = filter.handle};
    if (delete_filter(ifindex, filter.direction, at) == 0) ++removed;
  }
  return removed;
}

void remove_origin_filters(int ifindex, std::uint32_t map_id) {
  const auto filters = filters_at(ifindex, HookDirection::ingress);
  for (const netlink::Filter& filter : filters ? *filters : std::vector<netlink::Filter>{}) {
    if (!is_origin_of(filter, map_id)) continue;
    const Hook::Filter at{.preference = filter.preference, .handle = filter.handle};
    (void)delete_filter(ifindex, HookDirection::ingress, at);
  }
}

}  // namespace cgtally::bpf
