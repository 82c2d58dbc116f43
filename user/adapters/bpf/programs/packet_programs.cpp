// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/packet_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "adapters/bpf/ledger/interface_record.h"
#include "adapters/bpf/programs/address_set.h"
#include "adapters/bpf/programs/packet_programs_impl.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/process.h"

namespace cgtally::bpf {

Result<PacketPrograms> PacketPrograms::start(std::unique_ptr<Impl> impl) {
  if (!impl->facts.btf) {
    return std::unexpected(
        Error{.what = "the kernel's types: /sys/kernel/btf/vmlinux cannot be read",
              .hint = "take a kernel with CONFIG_DEBUG_INFO_BTF=y; in a container: mount /sys",
              .failure = Failure::unsupported});
  }
  sys::raise_descriptor_limit();  // each hook may have one
  if (auto made = impl->create_liveness_link(); !made)
    return std::unexpected(std::move(made).error());
  if (auto watched = impl->watch_tcp(); !watched) return std::unexpected(watched.error());
  return PacketPrograms(std::move(impl));
}

Result<PacketPrograms> PacketPrograms::create(const LedgerOptions& options) {
  auto ledger = Ledger::create(options);
  if (!ledger) return std::unexpected(std::move(ledger).error());
  return start(std::make_unique<Impl>(*std::move(ledger), ""));
}

Result<PacketPrograms> PacketPrograms::open(Ledger ledger, std::string directory) {
  return start(std::make_unique<Impl>(std::move(ledger), std::move(directory)));
}

PacketPrograms::PacketPrograms(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PacketPrograms::PacketPrograms(PacketPrograms&&) noexcept = default;
PacketPrograms& PacketPrograms::operator=(PacketPrograms&&) noexcept = default;
PacketPrograms::~PacketPrograms() = default;

NetnsKey PacketPrograms::add_netns() {
  impl_->netns_keys.push_back(++impl_->ledger.header().last_netns);
  return NetnsKey{impl_->netns_keys.back()};
}

Result<void> PacketPrograms::forget_earlier_netns() {
  // Runs of programs that were replaced may still be under way.
  if (auto waited = impl_->ledger.wait_for_running_programs(); !waited) return waited;
  keep_addresses_of(impl_->ledger.fd("addresses"), impl_->netns_keys);
  keep_endpoints_of(impl_->ledger, impl_->netns_keys);
  return {};
}

Result<EndpointMaps> PacketPrograms::endpoint_maps(NetnsKey netns) const {
  return EndpointMaps::open(impl_->ledger, netns.value);
}

std::shared_ptr<OriginProgram> PacketPrograms::origin_program() const {
  if (!impl_->origin) {
    impl_->origin = std::make_shared<OriginProgram>(impl_->ledger, impl_->facts);
  }
  return impl_->origin;
}

Result<void> PacketPrograms::set_addresses(NetnsKey netns,
                                           const std::vector<IpAddress>& addresses) {
  return replace_addresses(impl_->ledger.fd("addresses"), netns.value, addresses);
}

Result<InterfaceKey> PacketPrograms::attach(const Interface& link, NetnsKey netns,
                                            const std::string& netns_label) {
  const auto failed = [&link](Error error) {
    return std::unexpected(std::move(error).within("attach to " + link.name));
  };
  const auto [key, record] = impl_->record_of(link, netns_label);
  Attached one{.what = {key, link, HookKind::tcx},
               .record = record,
               .shared = {},
               .windows = {},
               .ingress = {},
               .egress = {}};
  const bool fresh = record.reason_slot[CGT_NOT_IP] == record.reason_slot[CGT_FRAGMENT];
  // Recorded first: if this process is killed, the next one finds the key, and by it the slots.
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
    // A hook that was taken over stays attached, as before.
    if (record.hook == CGT_HOOK_NONE) {
      for (auto* hook : {&one.egress, &one.ingress}) {
        if (*hook) (*hook)->remove();
      }
      impl_->leave(one);
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

bool PacketPrograms::is_attached_at(InterfaceKey key, int ifindex) const {
  for (const auto& [known, record] : impl_->ledger.interfaces()) {
    if (known == key.value) return impl_->is_attached_at(key, record, ifindex);
  }
  return false;
}

void PacketPrograms::rename(InterfaceKey key, const std::string& name) {
  const auto found = std::ranges::find_if(impl_->attached,
                                          [&](const Attached& one) { return one.what.key == key; });
  if (found == impl_->attached.end()) return;
  found->what.link.name = name;
  set_name(found->record, name);
  (void)impl_->ledger.put_interface(key.value, found->record);
  impl_->list_attachments();
}

void PacketPrograms::detach(InterfaceKey key) {
  const auto found = std::ranges::find_if(impl_->attached,
                                          [&](const Attached& one) { return one.what.key == key; });
  if (found == impl_->attached.end()) return;
  impl_->detach(*found);
  impl_->leave(*found);
  impl_->attached.erase(found);
  impl_->list_attachments();
}

// The programs go as a whole: to take one interface after the other out of their table would wait
// for a grace period each time.
void PacketPrograms::detach_netns(NetnsKey netns) {
  std::erase_if(impl_->attached, [&](Attached& one) {
    if (one.netns.value != netns.value) return false;
    impl_->detach(one);
    return true;
  });
  std::erase_if(impl_->loaded, [&](const auto& programs) {
    if (!programs->serve(netns.value, false) && !programs->serve(netns.value, true)) return false;
    impl_->past_cost += cost_of(programs->ids());
    return true;
  });
  impl_->list_attachments();
  (void)set_addresses(netns, {});  // no program asks for them any more
}

std::vector<ReattachedHook> PacketPrograms::reattach(std::uint64_t netns_inode, Nanoseconds now) {
  std::vector<ReattachedHook> reattached;
  for (Attached& one : impl_->attached) {
    if (one.what.link.netns_id.inode != netns_inode) continue;
    if (one.unreported) reattached.push_back(*std::exchange(one.unreported, std::nullopt));
    if (impl_->reattach(one)) {
      reattached.push_back(impl_->record_gap(one, now));
      (void)impl_->write_record(one);
      impl_->list_attachments();
    }
    if (one.ingress->attached() && one.egress->attached()) one.seen_attached = now;
    if (const auto moved = impl_->move_to_head(one, now)) reattached.push_back(*moved);
  }
  return reattached;
}

bool PacketPrograms::conntrack_has_come() {
  return impl_->conntrack.update(conntrack_module_loaded, [this] {
    impl_->facts = probe_kernel();
    impl_->loaded.clear();  // what is loaded from now on suits the kernel
    return impl_->facts.conntrack_lookup;
  });
}

Result<void> PacketPrograms::reload(std::uint64_t netns_inode) {
  for (Attached& one : impl_->attached) {
    if (one.what.link.netns_id.inode != netns_inode) continue;
    if (auto reloaded = impl_->reload(one); !reloaded) {
      return std::unexpected(
          std::move(reloaded).error().within("replace the programs of " + one.what.link.name));
    }
  }
  impl_->list_attachments();
  return {};
}

const std::vector<Attachment>& PacketPrograms::attachments() const { return impl_->attachments; }

std::optional<int> PacketPrograms::windows_fd(InterfaceKey key) const {
  const auto found = std::ranges::find_if(impl_->attached,
                                          [&](const Attached& one) { return one.what.key == key; });
  if (found == impl_->attached.end() || !found->windows) return {};
  return found->windows.get();
}

Result<Windows> PacketPrograms::windows(InterfaceKey key) const {
  const auto fd = windows_fd(key);
  if (!fd) return std::unexpected(sys::error_from(ENOENT, "map the windows"));
  return Windows::map(*fd, impl_->ledger.rows() - 1, window());
}

std::uint32_t PacketPrograms::clock_read_bytes() const {
  return impl_->ledger.header().clock_read_bytes;
}

Nanoseconds PacketPrograms::window() const { return Nanoseconds(impl_->ledger.header().window_ns); }

std::vector<AccountTotals> PacketPrograms::read() const { return impl_->cells.read(); }

SlotUse PacketPrograms::slots() const {
  return {.used = impl_->cells.used_slots(),
          .total = impl_->ledger.slots(),
          .quarantined = impl_->cells.quarantined_slots()};
}

void PacketPrograms::measure_cost(bool on) {
  if (on == static_cast<bool>(impl_->run_time_statistics)) return;
  if (!on) {
    impl_->run_time_statistics = sys::Fd();
    impl_->measured += sys::now().boot - impl_->statistics_on_since;
    return;
  }
  // If they cannot be turned on, cost() stays zero.
  impl_->statistics_on_since = sys::now().boot;
  impl_->run_time_statistics = run_time_statistics().value_or(sys::Fd());
  if (!impl_->run_time_statistics) return;
  const auto found = time_of_statistics();
  auto& least = impl_->statistics_time;
  least = least && found ? std::min(*least, *found) : found;
}

CountingCost PacketPrograms::cost() const {
  ProgramCost cost = impl_->past_cost;
  cost += impl_->cost();
  const bool on = static_cast<bool>(impl_->run_time_statistics);
  const Nanoseconds more = on ? sys::now().boot - impl_->statistics_on_since : Nanoseconds::zero();
  return counting_cost(cost, impl_->statistics_time, impl_->measured + more);
}

std::uint64_t PacketPrograms::ledger_bytes() const { return impl_->ledger.memory_bytes(); }

Ledger& PacketPrograms::ledger() { return impl_->ledger; }

}  // namespace cgtally::bpf
