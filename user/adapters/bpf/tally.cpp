// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/tally.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <mark.skel.h>
#include <tally.skel.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>
#include <utility>

#include "adapters/bpf/capability.h"
#include "adapters/bpf/cells.h"
#include "adapters/bpf/hook.h"
#include "adapters/bpf/libbpf_log.h"
#include "adapters/bpf/own_addresses.h"
#include "adapters/bpf/owner.h"
#include "adapters/bpf/programs.h"
#include "adapters/bpf/skeleton.h"
#include "adapters/netlink/device_counters.h"
#include "adapters/netlink/qdisc.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

std::string text_of(const char* chars, std::size_t room) { return {chars, strnlen(chars, room)}; }

void put_text(char* chars, std::size_t room, const std::string& text) {
  std::memcpy(chars, text.data(), std::min(text.size(), room - 1));
}

bool is_of(const cgt_interface& record, const Link& link) {
  return record.netns_inode == link.netns_inode && record.ifindex == link.ifindex &&
         text_of(record.name, sizeof(record.name)) == link.name;
}

// One interface's programs and where they hang. Destroyed from the last member to the first: egress
// goes before ingress, which may have made the qdisc, and both before their programs.
struct Attached {
  Attachment what;
  cgt_interface record{};
  Skeleton<tally_bpf> programs;
  std::optional<Hook> ingress;
  std::optional<Hook> egress;
  Nanoseconds seen_attached{};  // boot time
};

Hook::Filter recorded_filter(const Attached& one, std::size_t at) {
  return {.preference = one.record.preference[at],
          .program_id = one.record.program_id[at],
          .next_program_id = one.record.next_program_id[at],
          .made_qdisc = one.record.made_qdisc != 0};
}

}  // namespace

struct Tally::Impl {
  Ledger ledger;
  std::string directory;  // of the pinned links; empty: a private ledger
  KernelFacts facts = probe_kernel();
  Skeleton<mark_bpf> mark_program;
  bpf_link* mark = nullptr;
  Cells cells{ledger};
  sys::Fd run_time_statistics;
  std::list<Attached> attached;
  std::vector<Attachment> attachments;
  std::vector<std::uint32_t> netns_keys;
  ProgramCost past_cost;  // of programs that are detached

  Impl(Ledger own, std::string links) : ledger(std::move(own)), directory(std::move(links)) {}
  ~Impl() {
    attached.clear();
    if (mark && pinned()) bpf_link__disconnect(mark);
    bpf_link__destroy(mark);
  }
  [[nodiscard]] bool pinned() const { return !directory.empty(); }

  Result<void> make_mark();
  std::pair<InterfaceKey, cgt_interface> record_of(const Link& link, const std::string& label);
  Result<void> reserve_reasons(InterfaceKey key, cgt_interface& record);
  void release_reasons(InterfaceKey key, const cgt_interface& record, std::uint32_t count);
  Result<Hook> hang(Attached& one, HookDirection direction) const;
  Result<Hook> hang_anew(int program_fd, const Attached& one, HookDirection direction) const;
  Result<void> attach(Attached& one, NetnsKey netns);
  Result<void> mend(Attached& one, HookDirection direction);
  Result<void> write_record(Attached& one);
  Result<void> announce(Attached& one);
  [[nodiscard]] std::string pin_of(const Attached& one, HookDirection direction) const;
  void list_attachments();
};

// A pinned ledger's mark stays when its keeper goes.
Result<void> Tally::Impl::make_mark() {
  const LibbpfLog log;
  mark_program.reset(mark_bpf::open());
  if (!mark_program) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  ledger.share_with(mark_program->obj);
  if (const int code = mark_bpf::load(mark_program.get()); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "load the BPF object", "see what is missing: cgtally doctor"), log));
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
  cgt_interface record{};
  const Moment now = sys::now();
  record.netns_inode = link.netns_inode;
  record.ifindex = link.ifindex;
  record.ethernet = link.ethernet;
  record.from_boot_ns = static_cast<std::uint64_t>(now.boot.count());
  record.from_wall_ns = static_cast<std::uint64_t>(now.wall.count());
  if (const auto device = netlink::device_counters(link.ifindex); device) {
    record.device = {.rx_bytes = device->carried.rx_bytes.value,
                     .rx_packets = device->carried.rx_packets.value,
                     .tx_bytes = device->carried.tx_bytes.value,
                     .tx_packets = device->carried.tx_packets.value};
  }
  put_text(record.name, sizeof(record.name), link.name);
  put_text(record.netns, sizeof(record.netns), label);
  return {InterfaceKey{++ledger.header().last_iface}, record};
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
  if (auto known = facts.tcx ? write_record(one) : announce(one); !known) return known;
  for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
    auto hook = hang(one, direction);
    if (!hook) return std::unexpected(std::move(hook).error());
    (direction == HookDirection::ingress ? one.ingress : one.egress) = *std::move(hook);
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

Result<Tally> Tally::begin(std::unique_ptr<Impl> impl) {
  if (!impl->facts.btf) {
    return std::unexpected(
        Error{.what = "the kernel's types: /sys/kernel/btf/vmlinux cannot be read",
              .cure = "take a kernel with CONFIG_DEBUG_INFO_BTF=y; in a container: mount /sys",
              .failure = Failure::unsupported});
  }
  if (auto made = impl->make_mark(); !made) return std::unexpected(std::move(made).error());
  return Tally(std::move(impl));
}

Result<Tally> Tally::create(const TallyOptions& options) {
  auto ledger = Ledger::create(options);
  if (!ledger) return std::unexpected(std::move(ledger).error());
  return begin(std::make_unique<Impl>(*std::move(ledger), ""));
}

Result<Tally> Tally::over(Ledger ledger, std::string directory) {
  return begin(std::make_unique<Impl>(std::move(ledger), std::move(directory)));
}

Tally::Tally(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tally::Tally(Tally&&) noexcept = default;
Tally& Tally::operator=(Tally&&) noexcept = default;
Tally::~Tally() = default;

NetnsKey Tally::add_netns() {
  impl_->netns_keys.push_back(++impl_->ledger.header().last_netns);
  return NetnsKey{impl_->netns_keys.back()};
}

Result<void> Tally::forget_earlier_netns() {
  // Those that were replaced may still be under way.
  if (auto waited = impl_->ledger.wait_for_running_programs(); !waited) return waited;
  keep_addresses_of(impl_->ledger.fd("addresses"), impl_->netns_keys);
  return {};
}

Result<void> Tally::set_addresses(NetnsKey netns, const std::vector<IpAddress>& addresses) {
  return replace_addresses(impl_->ledger.fd("addresses"), netns.value, addresses);
}

Result<InterfaceKey> Tally::attach(const Link& link, NetnsKey netns,
                                   const std::string& netns_label) {
  const auto failed = [&link](Error error) {
    return std::unexpected(std::move(error).within("attach to " + link.name));
  };
  const auto [key, record] = impl_->record_of(link, netns_label);
  Attached one{.what = {key, link, impl_->facts.tcx ? HookKind::tcx : HookKind::clsact},
               .record = record,
               .programs = {},
               .ingress = {},
               .egress = {}};
  const bool fresh = record.reason_slot[CGT_NOT_IP] == record.reason_slot[CGT_FRAGMENT];
  // First of all: whoever comes after a killed process finds the key, and the slots by the key.
  if (fresh) {
    if (auto put = impl_->ledger.put_interface(key.value, record); !put) {
      return failed(std::move(put).error());
    }
  }
  if (auto reserved = impl_->reserve_reasons(key, one.record); !reserved) {
    if (fresh) impl_->ledger.forget_interface(key.value);
    return failed(std::move(reserved).error());
  }
  if (auto attached = impl_->attach(one, netns); !attached) {
    // What was taken over counts on, as it did before.
    if (record.hook == CGT_HOOK_NONE) {
      for (auto* hook : {&one.egress, &one.ingress}) {
        if (*hook) (*hook)->remove();
      }
    }
    if (fresh && record.hook == CGT_HOOK_NONE) {
      impl_->release_reasons(key, one.record, CGT_KINDS);
      impl_->ledger.forget_interface(key.value);
    }
    return failed(std::move(attached).error());
  }
  impl_->attached.push_back(std::move(one));
  impl_->list_attachments();
  return key;
}

void Tally::detach(InterfaceKey key) {
  const auto found = std::ranges::find_if(impl_->attached,
                                          [&](const Attached& one) { return one.what.key == key; });
  if (found == impl_->attached.end()) return;
  for (const auto* program :
       {found->programs->progs.cgt_ingress, found->programs->progs.cgt_egress}) {
    const RunTime run_time = run_time_of(program);
    impl_->past_cost.runs += run_time.runs;
    impl_->past_cost.time += Nanoseconds(run_time.nanoseconds);
  }
  found->egress->remove();
  found->ingress->remove();
  if (impl_->pinned()) unpin_windows(impl_->directory, key);
  found->record.hook = CGT_HOOK_NONE;
  found->record.ifindex = 0;  // should the index come back, it is another interface
  found->record.to_boot_ns = static_cast<std::uint64_t>(sys::now().boot.count());
  (void)impl_->ledger.put_interface(key.value, found->record);
  impl_->attached.erase(found);
  impl_->list_attachments();
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

std::vector<MendedHook> Tally::mend(std::uint64_t netns_inode, Nanoseconds now) {
  std::vector<MendedHook> mended;
  for (Attached& one : impl_->attached) {
    if (one.what.link.netns_inode != netns_inode) continue;
    // What comes in the place of a qdisc that was deleted is not ours until we make it.
    const bool none = !one.ingress->attached() && !one.egress->attached();
    if (none && one.record.made_qdisc != 0) {
      one.record.made_qdisc = 0;
      (void)impl_->announce(one);
    }
    bool lost = false;
    bool whole = true;
    for (const auto direction : {HookDirection::ingress, HookDirection::egress}) {
      const auto& hook = direction == HookDirection::ingress ? one.ingress : one.egress;
      if (hook->attached()) continue;
      // ENODEV: the interface itself has gone, which others will tell.
      const bool again = impl_->mend(one, direction).has_value();
      lost |= again;
      whole &= again;
    }
    if (lost) {
      const Nanoseconds gap = now - one.seen_attached;
      ++one.record.gaps;
      one.record.gap_ns += static_cast<std::uint64_t>(gap.count());
      (void)impl_->write_record(one);
      mended.push_back({one.what.key, one.what.link.name, gap});
    }
    if (whole) one.seen_attached = now;
  }
  return mended;
}

const std::vector<Attachment>& Tally::attachments() const { return impl_->attachments; }

std::optional<int> Tally::windows_fd(InterfaceKey key) const {
  const auto found = std::ranges::find_if(impl_->attached,
                                          [&](const Attached& one) { return one.what.key == key; });
  if (found == impl_->attached.end() || found->programs->rodata->window_ns == 0) return {};
  return bpf_map__fd(found->programs->maps.cgt_windows);
}

Nanoseconds Tally::window() const { return Nanoseconds(impl_->ledger.header().window_ns); }

std::vector<AccountTotals> Tally::read() const { return impl_->cells.read(); }

SlotUse Tally::slots() const { return {impl_->cells.used_slots(), impl_->ledger.slots()}; }

void Tally::measure_cost(bool on) {
  if (!on) {
    impl_->run_time_statistics = sys::Fd();
  } else if (!impl_->run_time_statistics) {
    impl_->run_time_statistics = sys::Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  }
}

ProgramCost Tally::cost() const {
  ProgramCost cost = impl_->past_cost;
  for (const Attached& one : impl_->attached) {
    for (const auto* program : {one.programs->progs.cgt_ingress, one.programs->progs.cgt_egress}) {
      const RunTime run_time = run_time_of(program);
      cost.runs += run_time.runs;
      cost.time += Nanoseconds(run_time.nanoseconds);
    }
  }
  return cost;
}

std::uint64_t Tally::ledger_bytes() const { return impl_->ledger.memory_bytes(); }

Ledger& Tally::ledger() { return impl_->ledger; }

}  // namespace cgtally::bpf
