// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/tally.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "adapters/bpf/programs/address_set.h"
#include "adapters/bpf/programs/program_cost.h"
#include "adapters/bpf/programs/tally_impl.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {

Result<Tally> Tally::begin(std::unique_ptr<Impl> impl) {
  if (!impl->facts.btf) {
    return std::unexpected(
        Error{.what = "the kernel's types: /sys/kernel/btf/vmlinux cannot be read",
              .hint = "take a kernel with CONFIG_DEBUG_INFO_BTF=y; in a container: mount /sys",
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

Result<InterfaceKey> Tally::attach(const Interface& link, NetnsKey netns,
                                   const std::string& netns_label) {
  const auto failed = [&link](Error error) {
    return std::unexpected(std::move(error).within("attach to " + link.name));
  };
  const auto [key, record] = impl_->record_of(link, netns_label);
  Attached one{.what = {key, link, HookKind::tcx},
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
  impl_->past_cost += cost_of(found->record.program_id);
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

std::vector<ReattachedHook> Tally::mend(std::uint64_t netns_inode, Nanoseconds now) {
  std::vector<ReattachedHook> mended;
  for (Attached& one : impl_->attached) {
    if (one.what.link.netns_id.inode != netns_inode) continue;
    if (one.untold) mended.push_back(*std::exchange(one.untold, std::nullopt));
    if (impl_->mend(one)) {
      mended.push_back(impl_->note_gap(one, now));
      (void)impl_->write_record(one);
      impl_->list_attachments();
    }
    if (one.ingress->attached() && one.egress->attached()) one.seen_attached = now;
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

Result<Windows> Tally::windows(InterfaceKey key) const {
  const auto fd = windows_fd(key);
  if (!fd) return std::unexpected(sys::error_from(ENOENT, "map the windows"));
  return Windows::map(*fd, impl_->ledger.rows() - 1, window());
}

std::uint32_t Tally::clock_read_bytes() const { return impl_->ledger.header().clock_read_bytes; }

Nanoseconds Tally::window() const { return Nanoseconds(impl_->ledger.header().window_ns); }

std::vector<AccountTotals> Tally::read() const { return impl_->cells.read(); }

SlotUse Tally::slots() const { return {impl_->cells.used_slots(), impl_->ledger.slots()}; }

void Tally::measure_cost(bool on) {
  if (!on) {
    impl_->run_time_statistics = sys::Fd();
  } else if (!impl_->run_time_statistics) {
    // Without it there is nothing to measure, which the cost then says.
    impl_->run_time_statistics = run_time_statistics().value_or(sys::Fd());
  }
}

ProgramCost Tally::cost() const {
  ProgramCost cost = impl_->past_cost;
  for (const Attached& one : impl_->attached) {
    cost += cost_of(one.record.program_id);
  }
  return cost;
}

std::uint64_t Tally::ledger_bytes() const { return impl_->ledger.memory_bytes(); }

Ledger& Tally::ledger() { return impl_->ledger; }

}  // namespace cgtally::bpf
