// SPDX-License-Identifier: Apache-2.0
// The attaching half of PacketPrograms. For a pinned ledger, each step is recorded before and after
// it is made: the process may be killed in between, and the next one must find what is attached.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/ledger/interface_record.h"
#include "adapters/bpf/ledger/windows.h"
#include "adapters/bpf/programs/packet_programs_impl.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/netlink/qdisc.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

Hook::Filter recorded_filter(const cgt_interface& record, std::size_t at) {
  return {.preference = record.preference[at],
          .program_id = record.program_id[at],
          .next_program_id = record.next_program_id[at],
          .made_qdisc = record.made_qdisc != 0};
}

}  // namespace

// A pinned ledger's liveness link is pinned: it stays when the keeper ends.
Result<void> PacketPrograms::Impl::create_liveness_link() {
  const LibbpfLog log;
  liveness_program.reset(liveness_bpf::open());
  if (!liveness_program) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  ledger.share_with(liveness_program->obj);
  if (const int code = liveness_bpf::load(liveness_program.get()); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "create the ledger", "see what is missing: cgtally doctor"), log));
  }
  liveness_link = bpf_program__attach(liveness_program->progs.cgt_liveness);
  if (!liveness_link) {
    return std::unexpected(with_last_words(
        sys::error_from(errno, "attach to a kernel tracepoint", "grant CAP_PERFMON"), log));
  }
  return pinned() ? replace_pin(bpf_link__fd(liveness_link), directory + "/liveness")
                  : Result<void>{};
}

Result<void> PacketPrograms::Impl::watch_tcp() {
  if (facts.preempt_rt) return {};
  auto watch = TcpWatch::attach(ledger);
  if (!watch) return std::unexpected(std::move(watch).error());
  tcp_watch = *std::move(watch);
  return pinned() ? tcp_watch->pin(directory) : Result<void>{};
}

// The record of an interface that the ledger knows, or else a new one with a new key.
std::pair<InterfaceKey, cgt_interface> PacketPrograms::Impl::record_of(const Interface& link,
                                                                       const std::string& label) {
  for (const auto& [key, record] : ledger.interfaces()) {
    // Attached already: that interface has gone, and this one has got its index.
    const bool taken = std::ranges::any_of(
        attached, [&](const Attached& one) { return one.what.key.value == key; });
    if (taken || !is_of(record, link)) continue;
    // Under another name it is the same interface only if our programs are still there.
    if (name_in(record) == link.name) return {InterfaceKey{key}, record};
    if (is_attached_at(InterfaceKey{key}, record, link.ifindex)) {
      cgt_interface renamed = record;
      set_name(renamed, link.name);
      return {InterfaceKey{key}, renamed};
    }
  }
  return {InterfaceKey{++ledger.header().last_iface}, new_record(link, label)};
}

bool PacketPrograms::Impl::is_attached_at(InterfaceKey key, const cgt_interface& record,
                                          int ifindex) const {
  const auto running =
      std::ranges::find_if(attached, [&](const Attached& one) { return one.what.key == key; });
  if (running != attached.end()) {
    return running->what.link.ifindex == ifindex &&
           (running->ingress->attached() || running->egress->attached());
  }
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
    if (pinned() && Hook::is_link_at(ifindex, pin_of(key, direction))) return true;
    if (Hook::find_filter(ifindex, direction, recorded_filter(record, at))) return true;
  }
  return false;
}

// Reasons have their slots before the first packet: they are needed when the table is full.
Result<void> PacketPrograms::Impl::reserve_reasons(InterfaceKey key, cgt_interface& record) {
  for (std::uint32_t kind = 1; kind < CGT_KINDS; ++kind) {
    if (kind == CGT_FOLDED) continue;
    auto slot = ledger.reserve({.cgroup_id = 0, .iface = key.value, .kind = kind});
    if (!slot) {
      release_reasons(key, record, kind);
      return std::unexpected(std::move(slot).error());
    }
    record.reason_slot[kind] = *slot;
  }
  return {};
}

// For an interface that was never attached, so that nothing was counted. Kinds below `count`.
void PacketPrograms::Impl::release_reasons(InterfaceKey key, const cgt_interface& record,
                                           std::uint32_t count) {
  for (std::uint32_t kind = 1; kind < count; ++kind) {
    if (kind == CGT_FOLDED) continue;
    ledger.release({.cgroup_id = 0, .iface = key.value, .kind = kind}, record.reason_slot[kind]);
  }
}

std::string PacketPrograms::Impl::pin_of(InterfaceKey key, HookDirection direction) const {
  return fmt::format("{}/{}-{}", directory, key.value,
                     direction == HookDirection::ingress ? "ingress" : "egress");
}

Result<Hook> PacketPrograms::Impl::attach_new(int program_fd, const Attached& one,
                                              HookDirection direction) const {
  return facts.tcx ? Hook::attach_tcx(program_fd, one.what.link.ifindex, direction)
                   : Hook::attach_clsact(program_fd, one.what.link.ifindex, direction);
}

// Takes over the hook of an earlier process, of whichever kind it is: this process may not be
// allowed the other kind, and both kinds at once would count twice.
Result<Hook> PacketPrograms::Impl::take_over(int program_fd, const Attached& one,
                                             HookDirection direction) const {
  auto link =
      Hook::take_over_tcx(program_fd, one.what.link.ifindex, pin_of(one.what.key, direction));
  if (link || link.error().code != ENOENT) return link;
  const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
  return Hook::take_over_clsact(program_fd, one.what.link.ifindex, direction,
                                recorded_filter(one.record, at));
}

// Takes over the hook that is there, or attaches a new one; true if it is new.
Result<bool> PacketPrograms::Impl::attach_hook(Attached& one, HookDirection direction) {
  const bool ingress = direction == HookDirection::ingress;
  const auto* program = program_of(one.shared->programs(), direction);
  const int fd = bpf_program__fd(program);
  Result<Hook> hook = std::unexpected(sys::error_from(ENOENT, "take over a program"));
  if (pinned()) hook = take_over(fd, one, direction);
  const bool attach_again = !hook && hook.error().code == ENOENT;
  if (attach_again) hook = attach_new(fd, one, direction);
  if (!hook) return std::unexpected(std::move(hook).error());
  if (pinned()) {
    if (auto kept = hook->keep(pin_of(one.what.key, direction)); !kept) {
      return std::unexpected(std::move(kept).error());
    }
  }
  (ingress ? one.ingress : one.egress) = *std::move(hook);
  return attach_again;
}

// Until both hooks are attached: whether a filter may be. Detaching looks for links in any case.
bool PacketPrograms::Impl::uses_filters(const Attached& one) const {
  if (!one.ingress || !one.egress) return !facts.tcx || one.record.hook == CGT_HOOK_CLSACT;
  return one.ingress->filter().program_id != 0 || one.egress->filter().program_id != 0;
}

Result<void> PacketPrograms::Impl::write_record(Attached& one) {
  one.record.hook = uses_filters(one) ? CGT_HOOK_CLSACT : CGT_HOOK_TCX;
  one.record.to_boot_ns = 0;
  for (const auto& [at, hook] : {std::pair{0, &one.ingress}, std::pair{1, &one.egress}}) {
    if (!*hook) continue;
    const Hook::Filter filter = (*hook)->filter();
    one.record.preference[at] = filter.preference;
    one.record.program_id[at] = one.shared->ids()[static_cast<std::size_t>(at)];
  }
  return ledger.put_interface(one.what.key.value, one.record);
}

// Records what is about to be attached. If this process is killed, the next one must find its
// filter and its qdisc, which exist before their details can be recorded.
Result<void> PacketPrograms::Impl::record_intent(Attached& one, const SharedPrograms& programs) {
  const int ifindex = one.what.link.ifindex;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    // The filter that was recorded last as intended may be attached by now.
    const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
    Hook::finish_move(ifindex, direction, recorded_filter(one.record, at));
    if (const auto hangs = Hook::find_filter(ifindex, direction, recorded_filter(one.record, at));
        hangs) {
      one.record.preference[at] = hangs->preference;
      one.record.program_id[at] = hangs->program_id;
    }
    one.record.next_program_id[at] = programs.ids()[at];
  }
  const auto qdisc = netlink::has_clsact(ifindex);
  if (!qdisc) return std::unexpected(qdisc.error());
  if (!*qdisc) one.record.made_qdisc = 1;
  return write_record(one);
}

ProgramConfig PacketPrograms::Impl::config_of(const Attached& one) {
  return {.ledger = ledger,
          .facts = facts,
          .netns_key = one.netns.value,
          .ethernet = one.record.ethernet != 0};
}

// Those that are loaded, unless another interface has its entry in each of them.
Result<std::shared_ptr<SharedPrograms>> PacketPrograms::Impl::programs_for(const Attached& one) {
  for (const auto& programs : loaded) {
    if (programs->serve(one.netns.value, one.record.ethernet != 0) &&
        programs->have_room_for(one.what.link.ifindex)) {
      return programs;
    }
  }
  auto made = SharedPrograms::load(config_of(one));
  if (made) loaded.push_back(*made);
  return made;
}

// Those of an earlier keeper, or new ones.
Result<sys::Fd> PacketPrograms::Impl::open_windows(const Attached& one) const {
  if (!pinned()) return InterfaceTable::create_windows(ledger.rows() - 1);
  const std::string pin = windows_pin(directory, one.what.key);
  if (sys::Fd kept(bpf_obj_get(pin.c_str())); kept) return kept;
  auto made = InterfaceTable::create_windows(ledger.rows() - 1);
  if (!made) return made;
  if (auto kept = replace_pin(made->get(), pin); !kept) return std::unexpected(kept.error());
  return made;
}

// Makes the programs ready for the interface's packets.
Result<void> PacketPrograms::Impl::enter(Attached& one, SharedPrograms& programs) const {
  const int ifindex = one.what.link.ifindex;
  if (!programs.keep_windows()) return programs.enter(ifindex, one.record, one.what.key.value, -1);
  if (!one.windows) {
    auto windows = open_windows(one);
    if (!windows) return std::unexpected(std::move(windows).error());
    one.windows = *std::move(windows);
  }
  auto entered = programs.enter(ifindex, one.record, one.what.key.value, one.windows.get());
  if (pinned()) one.windows = sys::Fd();
  return entered;
}

void PacketPrograms::Impl::detach(Attached& one) {
  one.egress->remove();
  one.ingress->remove();
  if (pinned()) unpin_windows(directory, one.what.key);
  one.record.hook = CGT_HOOK_NONE;
  one.record.ifindex = 0;  // an interface with this index later is another one
  one.record.to_boot_ns = static_cast<std::uint64_t>(sys::now().boot.count());
  (void)ledger.put_interface(one.what.key.value, one.record);
}

void PacketPrograms::Impl::leave(Attached& one) {
  if (!one.shared) return;
  one.shared->leave(one.what.link.ifindex);
  one.shared.reset();
  unload_unused(one.netns.value);
}

// Of programs that serve the same, the first ones stay for interfaces that come.
void PacketPrograms::Impl::unload_unused(std::uint32_t netns_key) {
  for (const bool ethernet : {false, true}) {
    bool kept = false;
    std::erase_if(loaded, [&](const auto& programs) {
      if (!programs->serve(netns_key, ethernet)) return false;
      if (!std::exchange(kept, true) || !programs->unused()) return false;
      past_cost += cost_of(programs->ids());
      return true;
    });
  }
}

// Each load once, however many interfaces share it.
ProgramCost PacketPrograms::Impl::cost() const {
  std::set<std::uint32_t> ids;
  const auto add = [&ids](const auto& more) { ids.insert(more.begin(), more.end()); };
  for (const auto& programs : loaded) add(programs->ids());
  for (const Attached& one : attached) add(one.shared->ids());
  return cost_of(std::vector(ids.begin(), ids.end()));
}

// The record is written before the first step and after each, so that `down` finds everything that
// a killed process leaves.
Result<void> PacketPrograms::Impl::attach(Attached& one, NetnsKey netns) {
  one.netns = netns;
  auto programs = programs_for(one);
  if (!programs) return std::unexpected(std::move(programs).error());
  if (auto entered = enter(one, **programs); !entered) return entered;
  one.shared = *std::move(programs);
  // On a kernel with tcx we never attach filters, so there are none to clean up.
  if (!facts.tcx) {
    if (auto cleaned = remove_orphaned_filters(one.what.link.ifindex); !cleaned) {
      return std::unexpected(std::move(cleaned).error());
    }
  }
  const cgt_interface before = one.record;
  if (auto known = uses_filters(one) ? record_intent(one, *one.shared) : write_record(one); !known)
    return known;
  bool lost = false;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    const auto is_new_hook = attach_hook(one, direction);
    if (!is_new_hook) return std::unexpected(is_new_hook.error());
    const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
    lost |= *is_new_hook && before.hook != CGT_HOOK_NONE && before.program_id[at] != 0;
    if (is_new(before)) take_device_baseline(one.record);  // loading the programs took a while
    if (auto written = write_record(one); !written) return written;
  }
  if (!uses_filters(one)) one.record.made_qdisc = before.made_qdisc;  // the rest was only intended
  const Nanoseconds now = sys::now().boot;
  if (lost) {
    one.seen_attached = Nanoseconds(std::max(ledger.header().kept_boot_ns, before.from_boot_ns));
    one.unreported = record_gap(one, now);
  }
  one.seen_attached = now;
  one.seen_first = {now, now};
  return write_record(one);
}

void PacketPrograms::Impl::list_attachments() {
  attachments.clear();
  for (const Attached& one : attached) {
    attachments.push_back(one.what);
    attachments.back().hook = uses_filters(one) ? HookKind::clsact : HookKind::tcx;
    std::ranges::copy(one.record.program_id, attachments.back().program_ids.begin());
  }
}

Result<void> PacketPrograms::Impl::reattach(Attached& one, HookDirection direction) {
  auto& hook = direction == HookDirection::ingress ? one.ingress : one.egress;
  auto again =
      attach_new(bpf_program__fd(program_of(one.shared->programs(), direction)), one, direction);
  if (!again) return std::unexpected(std::move(again).error());
  if (pinned()) {
    if (auto kept = again->keep(pin_of(one.what.key, direction)); !kept) return kept;
  }
  *hook = *std::move(again);
  return {};
}

// Returns whether a hook was lost and is attached again.
bool PacketPrograms::Impl::reattach(Attached& one) {
  const bool ingress = one.ingress->attached();
  const bool egress = one.egress->attached();
  if (ingress && egress) return false;
  // If our qdisc was deleted, the one that is there now is not ours.
  if (!ingress && !egress) one.record.made_qdisc = 0;
  (void)(facts.tcx ? write_record(one) : record_intent(one, *one.shared));
  bool again = false;
  // ENODEV: the interface has gone, which netlink reports.
  if (!ingress) again |= reattach(one, HookDirection::ingress).has_value();
  if (!egress) again |= reattach(one, HookDirection::egress).has_value();
  return again;
}

// A filter is known by its program's id: the next one is recorded first, in case this process is
// killed.
Result<void> PacketPrograms::Impl::reload(Attached& one) {
  auto next = programs_for(one);
  if (!next) return std::unexpected(std::move(next).error());
  if (auto entered = enter(one, **next); !entered) return entered;
  if (uses_filters(one)) {
    if (auto known = record_intent(one, **next); !known) return known;
  }
  const auto fd = [](const SharedPrograms& shared, HookDirection direction) {
    return bpf_program__fd(program_of(shared.programs(), direction));
  };
  if (auto replaced = one.ingress->replace(fd(**next, HookDirection::ingress)); !replaced) {
    return replaced;
  }
  if (auto replaced = one.egress->replace(fd(**next, HookDirection::egress)); !replaced) {
    (void)one.ingress->replace(fd(*one.shared, HookDirection::ingress));
    return replaced;
  }
  const auto before = std::exchange(one.shared, *std::move(next));
  before->leave(one.what.link.ifindex);
  if (before.use_count() == 1) past_cost += cost_of(before->ids());
  return write_record(one);
}

ReattachedHook PacketPrograms::Impl::record_gap(Attached& one, Nanoseconds now) {
  const Nanoseconds gap = now - one.seen_attached;
  ++one.record.gaps;
  one.record.gap_ns += static_cast<std::uint64_t>(gap.count());
  return {.key = one.what.key, .iface = one.what.link.name, .gap = gap, .displaced_by = {}};
}

}  // namespace cgtally::bpf
