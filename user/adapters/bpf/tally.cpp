// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/tally.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <tally.skel.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <list>
#include <utility>

#include "adapters/bpf/capability.h"
#include "adapters/bpf/cells.h"
#include "adapters/bpf/hook.h"
#include "adapters/bpf/libbpf_log.h"
#include "adapters/bpf/owner.h"
#include "adapters/bpf/skeleton.h"
#include "adapters/sys/error.h"
#include "adapters/sys/host.h"

namespace cgtally::bpf {
namespace {

// Slots of an interface's reasons, by kind; that of the cgroup kind is not used.
using ReasonSlots = std::array<std::uint32_t, CGT_KINDS>;

Error with_last_words(Error error, const LibbpfLog& log) {
  if (const std::string words = log.last_words(); !words.empty()) error.what += " (" + words + ")";
  return error;
}

template <typename T>
T& writable(const T& rodata) {
  return const_cast<T&>(rodata);  // .rodata is ours to fill until it is loaded
}

// One interface's programs and where they hang. Destroyed from the last member to the first: egress
// goes before ingress, which may have made the qdisc, and both before their programs.
struct Attached {
  Attachment what;
  Skeleton<tally_bpf> programs;
  Hook ingress;
  Hook egress;
};

struct RunTime {
  std::uint64_t runs = 0;
  std::uint64_t nanoseconds = 0;
};

RunTime run_time_of(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) return {};
  return {info.run_cnt, info.run_time_ns};
}

}  // namespace

struct Tally::Impl {
  TallyOptions options;
  KernelFacts facts;
  std::uint32_t cpus = 0;
  Skeleton<tally_bpf> shared;  // owns the maps and the owner's mark; its tc programs are not loaded
  bpf_link* mark = nullptr;
  std::optional<Cells> cells;
  sys::Fd run_time_statistics;
  std::uint32_t last_interface = 0;
  std::uint32_t last_netns = 0;
  std::list<Attached> attached;
  std::vector<Attachment> attachments;
  ProgramCost past_cost;  // of programs that are detached

  ~Impl() {
    attached.clear();
    bpf_link__destroy(mark);
  }

  Result<void> create_maps();
  Result<void> fill_free_slots();
  Result<ReasonSlots> reserve_reasons(InterfaceKey key);
  Result<void> reserve_reason(const cgt_key& account, std::uint32_t& slot);
  void release_reasons(InterfaceKey key, const ReasonSlots& reserved, std::uint32_t count);
  Result<Skeleton<tally_bpf>> load_programs(const Link& link, InterfaceKey key, NetnsKey netns,
                                            const ReasonSlots& reserved);
  Result<Attached> attach(const Link& link, InterfaceKey key, NetnsKey netns,
                          const ReasonSlots& reserved);
  Result<Attached> hang(Skeleton<tally_bpf> programs, const Link& link, InterfaceKey key);
  void size_maps(tally_bpf& skeleton) const;
  void share_maps(tally_bpf& skeleton) const;
  void list_attachments();
};

void Tally::Impl::size_maps(tally_bpf& skeleton) const {
  bpf_map__set_max_entries(skeleton.maps.cgt_cells, cpus * options.slots);
  bpf_map__set_max_entries(skeleton.maps.cgt_slots, options.slots);
  bpf_map__set_max_entries(skeleton.maps.cgt_free, options.slots);
  bpf_map__set_max_entries(skeleton.maps.cgt_slot_cache, cpus * CGT_SLOT_WAYS);
  bpf_map__set_max_entries(skeleton.maps.cgt_owner_cache, cpus * CGT_OWNER_WAYS);
  bpf_map__set_max_entries(skeleton.maps.cgt_address_cache, cpus * CGT_ADDRESS_WAYS);
}

void Tally::Impl::share_maps(tally_bpf& skeleton) const {
  const auto share = [](bpf_map* to, const bpf_map* from) {
    bpf_map__reuse_fd(to, bpf_map__fd(from));
  };
  share(skeleton.maps.cgt_cells, shared->maps.cgt_cells);
  share(skeleton.maps.cgt_slots, shared->maps.cgt_slots);
  share(skeleton.maps.cgt_free, shared->maps.cgt_free);
  share(skeleton.maps.cgt_addresses, shared->maps.cgt_addresses);
  share(skeleton.maps.cgt_slot_cache, shared->maps.cgt_slot_cache);
  share(skeleton.maps.cgt_owner_cache, shared->maps.cgt_owner_cache);
  share(skeleton.maps.cgt_address_cache, shared->maps.cgt_address_cache);
  share(skeleton.maps.cgt_ports, shared->maps.cgt_ports);
}

Result<void> Tally::Impl::create_maps() {
  const LibbpfLog log;
  shared.reset(tally_bpf::open());
  if (!shared) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  size_maps(*shared);
  bpf_program__set_autoload(shared->progs.cgt_ingress, false);
  bpf_program__set_autoload(shared->progs.cgt_egress, false);
  if (const int code = tally_bpf::load(shared.get()); code != 0) {
    return std::unexpected(
        with_last_words(sys::error_from(-code, "create the ledger",
                                        code == -ENOMEM ? "choose fewer --slots"
                                                        : "see what is missing: cgtally doctor"),
                        log));
  }
  mark = bpf_program__attach(shared->progs.cgt_owner);
  if (!mark) {
    return std::unexpected(with_last_words(
        sys::error_from(errno, "attach to a kernel tracepoint", "grant CAP_PERFMON"), log));
  }
  auto mapped = Cells::map(bpf_map__fd(shared->maps.cgt_cells), bpf_map__fd(shared->maps.cgt_slots),
                           cpus, options.slots);
  if (!mapped) return std::unexpected(std::move(mapped).error());
  cells.emplace(*std::move(mapped));
  return fill_free_slots();
}

Result<void> Tally::Impl::fill_free_slots() {
  const int fd = bpf_map__fd(shared->maps.cgt_free);
  for (std::uint32_t slot = 0; slot < options.slots; ++slot) {
    if (bpf_map_update_elem(fd, nullptr, &slot, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the ledger's free slots"));
    }
  }
  return {};
}

// Reasons must always have a place: they are what remains when the table is full.
Result<ReasonSlots> Tally::Impl::reserve_reasons(InterfaceKey key) {
  ReasonSlots reserved{};
  for (std::uint32_t kind = 1; kind < CGT_KINDS; ++kind) {
    const cgt_key account{.cgroup_id = 0, .iface = key.value, .kind = kind};
    if (auto one = reserve_reason(account, reserved[kind]); !one) {
      release_reasons(key, reserved, kind);
      return std::unexpected(std::move(one).error());
    }
  }
  return reserved;
}

Result<void> Tally::Impl::reserve_reason(const cgt_key& account, std::uint32_t& slot) {
  if (bpf_map_lookup_and_delete_elem(bpf_map__fd(shared->maps.cgt_free), nullptr, &slot) != 0) {
    return std::unexpected(
        sys::error_from(ENOSPC, "reserve slots for the interface", "choose more --slots"));
  }
  // On the first CPU only: the kernel side never looks at a reason's key.
  cgt_cell cell{};
  cell.key = account;
  if (bpf_map_update_elem(bpf_map__fd(shared->maps.cgt_slots), &account, &slot, BPF_NOEXIST) != 0 ||
      bpf_map_update_elem(bpf_map__fd(shared->maps.cgt_cells), &slot, &cell, BPF_ANY) != 0) {
    const int code = errno;
    bpf_map_update_elem(bpf_map__fd(shared->maps.cgt_free), nullptr, &slot, BPF_ANY);
    return std::unexpected(sys::error_from(code, "reserve slots for the interface"));
  }
  return {};
}

// For an interface that was never attached to: nothing has been booked there. Kinds below `count`.
void Tally::Impl::release_reasons(InterfaceKey key, const ReasonSlots& reserved,
                                  std::uint32_t count) {
  const cgt_cell empty{};
  for (std::uint32_t kind = 1; kind < count; ++kind) {
    const cgt_key account{.cgroup_id = 0, .iface = key.value, .kind = kind};
    bpf_map_delete_elem(bpf_map__fd(shared->maps.cgt_slots), &account);
    bpf_map_update_elem(bpf_map__fd(shared->maps.cgt_cells), &reserved[kind], &empty, BPF_ANY);
    bpf_map_update_elem(bpf_map__fd(shared->maps.cgt_free), nullptr, &reserved[kind], BPF_ANY);
  }
}

Result<Skeleton<tally_bpf>> Tally::Impl::load_programs(const Link& link, InterfaceKey key,
                                                       NetnsKey netns,
                                                       const ReasonSlots& reserved) {
  const LibbpfLog log;
  Skeleton<tally_bpf> programs(tally_bpf::open());
  if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
  size_maps(*programs);
  share_maps(*programs);
  bpf_program__set_autoload(programs->progs.cgt_owner, false);
  auto& config = *programs->rodata;
  writable(config.iface_key) = key.value;
  writable(config.netns_key) = netns.value;
  writable(config.slot_count) = options.slots;
  writable(config.l2_has_ethernet) = link.ethernet;
  writable(config.have_rdonly_cast) = facts.rdonly_cast;
  writable(config.have_conntrack) = facts.conntrack_lookup;
  writable(config.preempt_rt) = facts.preempt_rt;
  std::ranges::copy(reserved, const_cast<std::uint32_t*>(
                                  static_cast<const volatile std::uint32_t*>(config.reason_slot)));
  if (const int code = tally_bpf::load(programs.get()); code != 0) {
    return std::unexpected(with_last_words(
        sys::error_from(-code, "load the tc programs", "see what is missing: cgtally doctor"),
        log));
  }
  return programs;
}

Result<Attached> Tally::Impl::hang(Skeleton<tally_bpf> programs, const Link& link,
                                   InterfaceKey key) {
  const int ingress_fd = bpf_program__fd(programs->progs.cgt_ingress);
  const int egress_fd = bpf_program__fd(programs->progs.cgt_egress);
  const auto attach = facts.tcx ? Hook::attach_tcx : Hook::attach_clsact;
  auto ingress = attach(ingress_fd, link.ifindex, HookDirection::ingress);
  if (!ingress) return std::unexpected(std::move(ingress).error());
  auto egress = attach(egress_fd, link.ifindex, HookDirection::egress);
  if (!egress) return std::unexpected(std::move(egress).error());
  return Attached{.what = {key, link, facts.tcx ? HookKind::tcx : HookKind::clsact},
                  .programs = std::move(programs),
                  .ingress = *std::move(ingress),
                  .egress = *std::move(egress)};
}

void Tally::Impl::list_attachments() {
  attachments.clear();
  for (const Attached& one : attached) attachments.push_back(one.what);
}

Result<Tally> Tally::create(const TallyOptions& options) {
  auto cpus = sys::cpu_ids();
  if (!cpus) return std::unexpected(std::move(cpus).error());
  if (std::uint64_t{*cpus} * options.slots > std::numeric_limits<std::uint32_t>::max()) {
    return std::unexpected(Error{.what = "create the ledger: " + std::to_string(options.slots) +
                                         " slots on each of " + std::to_string(*cpus) +
                                         " CPUs are more cells than a map can have",
                                 .cure = "choose fewer --slots",
                                 .code = E2BIG,
                                 .failure = Failure::usage});
  }
  auto impl = std::make_unique<Impl>();
  impl->options = options;
  impl->facts = probe_kernel();
  if (!impl->facts.btf) {
    return std::unexpected(
        Error{.what = "the kernel's types: /sys/kernel/btf/vmlinux cannot be read",
              .cure = "take a kernel with CONFIG_DEBUG_INFO_BTF=y; in a container: mount /sys",
              .failure = Failure::unsupported});
  }
  impl->cpus = *cpus;
  if (auto created = impl->create_maps(); !created) {
    return std::unexpected(std::move(created).error());
  }
  return Tally(std::move(impl));
}

Tally::Tally(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tally::Tally(Tally&&) noexcept = default;
Tally& Tally::operator=(Tally&&) noexcept = default;
Tally::~Tally() = default;

NetnsKey Tally::add_netns() { return NetnsKey{++impl_->last_netns}; }

Result<void> Tally::set_addresses(NetnsKey netns, const std::vector<IpAddress>& addresses) {
  const int fd = bpf_map__fd(impl_->shared->maps.cgt_addresses);
  const auto key_of = [&](const IpAddress& address) {
    cgt_address key{.netns = netns.value, .address = {}};
    std::memcpy(key.address, address.bytes.data(), sizeof(key.address));
    return key;
  };
  const auto same = [](const cgt_address& a, const cgt_address& b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0;
  };
  std::vector<cgt_address> wanted;
  std::ranges::transform(addresses, std::back_inserter(wanted), key_of);

  // New ones first: an address that stays must never be missing in between.
  const std::uint8_t present = 1;
  for (const cgt_address& key : wanted) {
    if (bpf_map_update_elem(fd, &key, &present, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "tell the kernel the netns' own addresses"));
    }
  }
  std::vector<cgt_address> gone;
  cgt_address key{};
  for (const void* previous = nullptr; bpf_map_get_next_key(fd, previous, &key) == 0;
       previous = &key) {
    const bool stays = std::ranges::any_of(wanted, [&](const auto& one) { return same(one, key); });
    if (key.netns == netns.value && !stays) gone.push_back(key);
  }
  for (const cgt_address& one : gone) bpf_map_delete_elem(fd, &one);
  return {};
}

Result<Attached> Tally::Impl::attach(const Link& link, InterfaceKey key, NetnsKey netns,
                                     const ReasonSlots& reserved) {
  auto programs = load_programs(link, key, netns, reserved);
  if (!programs) return std::unexpected(std::move(programs).error());
  // A kernel with tcx was never left with filters of ours.
  if (!facts.tcx) {
    if (auto cleaned = remove_dead_filters(link.ifindex, owner_alive); !cleaned) {
      return std::unexpected(std::move(cleaned).error());
    }
  }
  return hang(*std::move(programs), link, key);
}

Result<InterfaceKey> Tally::attach(const Link& link, NetnsKey netns) {
  const InterfaceKey key{++impl_->last_interface};
  const auto failed = [&link](Error error) {
    return std::unexpected(std::move(error).within("attach to " + link.name));
  };
  auto reserved = impl_->reserve_reasons(key);
  if (!reserved) return failed(std::move(reserved).error());
  auto attached = impl_->attach(link, key, netns, *reserved);
  if (!attached) {
    impl_->release_reasons(key, *reserved, CGT_KINDS);
    return failed(std::move(attached).error());
  }
  impl_->attached.push_back(*std::move(attached));
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
  impl_->attached.erase(found);
  impl_->list_attachments();
}

const std::vector<Attachment>& Tally::attachments() const { return impl_->attachments; }

std::vector<AccountTotals> Tally::read() const { return impl_->cells->read(); }

SlotUse Tally::slots() const { return {impl_->cells->used_slots(), impl_->options.slots}; }

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

std::uint64_t Tally::ledger_bytes() const {
  std::uint64_t bytes = 0;
  const bpf_map* map = nullptr;
  bpf_object__for_each_map(map, impl_->shared->obj) {
    bytes += std::uint64_t{bpf_map__max_entries(map)} *
             (bpf_map__key_size(map) + bpf_map__value_size(map));
  }
  return bytes;
}

}  // namespace cgtally::bpf
