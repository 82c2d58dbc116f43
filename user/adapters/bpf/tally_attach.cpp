// SPDX-License-Identifier: Apache-2.0
// The attaching side of a Tally. Whatever it does to a pinned ledger is written down before and
// after, because the process may be killed in between and the next one must find what hangs.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/bpf/interface_record.h"
#include "adapters/bpf/libbpf_log.h"
#include "adapters/bpf/owner.h"
#include "adapters/bpf/tally_impl.h"
#include "adapters/netlink/qdisc.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

Hook::Filter recorded_filter(const Attached& one, std::size_t at) {
  return {.preference = one.record.preference[at],
          .program_id = one.record.program_id[at],
          .next_program_id = one.record.next_program_id[at],
          .made_qdisc = one.record.made_qdisc != 0};
}

}  // namespace

// A pinned ledger's mark stays when its keeper goes.
Result<void> Tally::Impl::make_mark() {
  const LibbpfLog log;
  mark_program.reset(mark_bpf::open());
  if (!mark_program) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  ledger.share_with(mark_program->obj);
  if (const int code = mark_bpf::load(mark_program.get()); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "create the ledger", "see what is missing: cgtally doctor"), log));
  }
  mark = bpf_program__attach(mark_program->progs.cgt_owner);
  if (!mark) {
    return std::unexpected(with_last_words(
        sys::error_from(errno, "attach to a kernel tracepoint", "grant CAP_PERFMON"), log));
  }
  return pinned() ? replace_pin(bpf_link__fd(mark), directory + "/owner") : Result<void>{};
}

// The record of an interface that is counted, or was; a new one with a new key otherwise.
std::pair<InterfaceKey, cgt_interface> Tally::Impl::record_of(const Link& link,
                                                              const std::string& label) {
  for (const auto& [key, record] : ledger.interfaces()) {
    // Attached here already: that device has gone, and this one came under its index.
    const bool taken = std::ranges::any_of(
        attached, [&](const Attached& one) { return one.what.key.value == key; });
    if (!taken && is_of(record, link)) return {InterfaceKey{key}, record};
  }
  return {InterfaceKey{++ledger.header().last_iface}, new_record(link, label)};
}

// Reasons must always have a place: they are what remains when the table is full.
Result<void> Tally::Impl::reserve_reasons(InterfaceKey key, cgt_interface& record) {
  for (std::uint32_t kind = 1; kind < CGT_KINDS; ++kind) {
    auto slot = ledger.reserve({.cgroup_id = 0, .iface = key.value, .kind = kind});
    if (!slot) {
      release_reasons(key, record, kind);
      return std::unexpected(std::move(slot).error());
    }
    record.reason_slot[kind] = *slot;
  }
  return {};
}

// For an interface that was never attached to: nothing has been booked there. Kinds below `count`.
void Tally::Impl::release_reasons(InterfaceKey key, const cgt_interface& record,
                                  std::uint32_t count) {
  for (std::uint32_t kind = 1; kind < count; ++kind) {
    ledger.release({.cgroup_id = 0, .iface = key.value, .kind = kind}, record.reason_slot[kind]);
  }
}

std::string Tally::Impl::pin_of(const Attached& one, HookDirection direction) const {
  return directory + "/" + std::to_string(one.what.key.value) +
         (direction == HookDirection::ingress ? "-ingress" : "-egress");
}

Result<Hook> Tally::Impl::hang_anew(int program_fd, const Attached& one,
                                    HookDirection direction) const {
  return facts.tcx ? Hook::attach_tcx(program_fd, one.what.link.ifindex, direction)
                   : Hook::attach_clsact(program_fd, one.what.link.ifindex, direction);
}

// Takes over what an earlier process kept there, or hangs the program anew.
Result<Hook> Tally::Impl::hang(Attached& one, HookDirection direction) const {
  const bool ingress = direction == HookDirection::ingress;
  const auto* program = ingress ? one.programs->progs.cgt_ingress : one.programs->progs.cgt_egress;
  const int fd = bpf_program__fd(program);
  const int ifindex = one.what.link.ifindex;
  auto hook = [&]() -> Result<Hook> {
    if (pinned()) {
      const std::size_t at = ingress ? 0 : 1;
      auto adopted = facts.tcx
                         ? Hook::adopt_tcx(fd, ifindex, pin_of(one, direction))
                         : Hook::adopt_clsact(fd, ifindex, direction, recorded_filter(one, at));
      if (adopted || adopted.error().code != ENOENT) return adopted;
    }
    return hang_anew(fd, one, direction);
  }();
  if (hook && pinned()) {
    if (auto kept = hook->keep(pin_of(one, direction)); !kept) {
      return std::unexpected(std::move(kept).error());
    }
  }
  return hook;
}

Result<void> Tally::Impl::write_record(Attached& one) {
  one.record.hook = facts.tcx ? CGT_HOOK_TCX : CGT_HOOK_CLSACT;
  one.record.to_boot_ns = 0;
  for (const auto& [at, hook] : {std::pair{0, &one.ingress}, std::pair{1, &one.egress}}) {
    if (!*hook) continue;
    const Hook::Filter filter = (*hook)->filter();
    one.record.preference[at] = filter.preference;
    one.record.program_id[at] =
        id_of(at == 0 ? one.programs->progs.cgt_ingress : one.programs->progs.cgt_egress);
  }
  return ledger.put_interface(one.what.key.value, one.record);
}

// Who comes after a killed process must know its filter and its qdisc, which may be there before
// anything can be written about them.
Result<void> Tally::Impl::announce(Attached& one) {
  const int ifindex = one.what.link.ifindex;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    // What was announced last may hang by now, and be known by that alone.
    const std::size_t at = direction == HookDirection::ingress ? 0 : 1;
    if (const auto hangs = Hook::find_filter(ifindex, direction, recorded_filter(one, at)); hangs) {
      one.record.preference[at] = hangs->preference;
      one.record.program_id[at] = hangs->program_id;
    }
    const auto& programs = one.programs->progs;
    one.record.next_program_id[at] = id_of(at == 0 ? programs.cgt_ingress : programs.cgt_egress);
  }
  const auto qdisc = netlink::has_clsact(ifindex);
  if (!qdisc) return std::unexpected(qdisc.error());
  if (!*qdisc) one.record.made_qdisc = 1;
  return write_record(one);
}

// The record is written before the first step and after each, so that a killed process leaves
// nothing that `down` does not find.
Result<void> Tally::Impl::attach(Attached& one, NetnsKey netns) {
  auto programs =
      load_programs({.ledger = ledger,
                     .facts = facts,
                     .key = one.what.key.value,
                     .netns_key = netns.value,
                     .record = one.record,
                     .windows_pin = pinned() ? windows_pin(directory, one.what.key) : ""});
  if (!programs) return std::unexpected(std::move(programs).error());
  one.programs = *std::move(programs);
  // A kernel with tcx was never left with filters of ours.
  if (!facts.tcx) {
    if (auto cleaned = remove_dead_filters(one.what.link.ifindex, owner_alive); !cleaned) {
      return std::unexpected(std::move(cleaned).error());
    }
  }
  const bool fresh = is_new(one.record);
  if (auto known = facts.tcx ? write_record(one) : announce(one); !known) return known;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    auto hook = hang(one, direction);
    if (!hook) return std::unexpected(std::move(hook).error());
    (direction == HookDirection::ingress ? one.ingress : one.egress) = *std::move(hook);
    if (fresh) begin_at_device(one.record);  // to load the programs took its time
    if (auto written = write_record(one); !written) return written;
  }
  one.seen_attached = sys::now().boot;
  return {};
}

void Tally::Impl::list_attachments() {
  attachments.clear();
  for (const Attached& one : attached) {
    attachments.push_back(one.what);
    std::ranges::copy(one.record.program_id, attachments.back().program_ids.begin());
  }
}

Result<void> Tally::Impl::mend(Attached& one, HookDirection direction) {
  auto& hook = direction == HookDirection::ingress ? one.ingress : one.egress;
  const auto* program = direction == HookDirection::ingress ? one.programs->progs.cgt_ingress
                                                            : one.programs->progs.cgt_egress;
  auto again = hang_anew(bpf_program__fd(program), one, direction);
  if (!again) return std::unexpected(std::move(again).error());
  if (pinned()) {
    if (auto kept = again->keep(pin_of(one, direction)); !kept) return kept;
  }
  *hook = *std::move(again);
  return {};
}

}  // namespace cgtally::bpf
