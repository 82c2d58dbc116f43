// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/ledger_view.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/ledger/final_totals.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {

namespace {

constexpr std::uint64_t kDirections = 2;

InterfaceRecord record_from(std::uint32_t key, const cgt_interface& raw) {
  const auto text = [](const char* chars, std::size_t room) {
    return std::string(chars, strnlen(chars, room));
  };
  return {.key = InterfaceKey{key},
          .netns_id = {.inode = raw.netns_inode, .cookie = raw.netns_cookie},
          .netns = text(raw.netns, sizeof(raw.netns)),
          .ifindex = raw.ifindex,
          .name = text(raw.name, sizeof(raw.name)),
          .attached = raw.hook != CGT_HOOK_NONE,
          .hook = raw.hook == CGT_HOOK_CLSACT ? HookKind::clsact : HookKind::tcx,
          .program_ids = {raw.program_id[0], raw.program_id[1]},
          .since = {.boot = time_in(raw.from_boot_ns), .wall = time_in(raw.from_wall_ns)},
          .device = {.rx_bytes = Bytes{raw.device.rx_bytes},
                     .rx_packets = Packets{raw.device.rx_packets},
                     .tx_bytes = Bytes{raw.device.tx_bytes},
                     .tx_packets = Packets{raw.device.tx_packets}},
          .gaps = raw.gaps,
          .gap = time_in(raw.gap_ns),
          .displaced = raw.displaced,
          .displaced_for = time_in(raw.displaced_ns)};
}

std::string hex(const __u64 (&id)[2]) {
  std::string text;
  for (const auto word : id) {
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
  }
  return text;
}

}  // namespace

std::vector<InterfaceRecord> interface_records(const Ledger& ledger) {
  std::vector<InterfaceRecord> records;
  for (const auto& [key, raw] : ledger.interfaces()) records.push_back(record_from(key, raw));
  return records;
}

void forget_windows(const std::string& directory, InterfaceKey key) {
  unpin_windows(directory, key);
}

struct LedgerView::Impl {
  Pins pins;
  Ledger ledger;
  TotalsReader cells{ledger};
  FinalTotalsReader final_totals;
  std::string id;
  std::uint64_t interfaces_seq = ~std::uint64_t{0};
  std::vector<InterfaceRecord> interfaces;

  Impl(Pins where, Ledger opened, FinalTotalsReader told)
      : pins(std::move(where)),
        ledger(std::move(opened)),
        final_totals(std::move(told)),
        id(hex(ledger.header().id)) {}
};

Result<LedgerView> LedgerView::open(const std::string& bpffs) {
  auto pins = Pins::below(bpffs);
  if (!pins) return std::unexpected(std::move(pins).error());
  auto ledger = pins->open(Access::read);
  if (!ledger) return std::unexpected(std::move(ledger).error());
  if (auto sound = check_accounts(ledger->fd("slots"), ledger->slots()); !sound) {
    return std::unexpected(std::move(sound).error());
  }
  if (auto sound = check_interfaces(ledger->fd("interfaces"), ledger->slots()); !sound) {
    return std::unexpected(std::move(sound).error());
  }
  auto final_totals = FinalTotalsReader::open(*ledger);
  if (!final_totals) return std::unexpected(std::move(final_totals).error());
  return LedgerView(
      std::make_unique<Impl>(*std::move(pins), *std::move(ledger), *std::move(final_totals)));
}

LedgerView::LedgerView(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LedgerView::LedgerView(LedgerView&&) noexcept = default;
LedgerView& LedgerView::operator=(LedgerView&&) noexcept = default;
LedgerView::~LedgerView() = default;

LedgerReading LedgerView::read() { return impl_->cells.read(impl_->final_totals); }

Result<LedgerReading> LedgerView::read_with_all_final_totals() {
  auto all = FinalTotalsReader::open(impl_->ledger, FinalTotalsReader::From::oldest);
  if (!all) return std::unexpected(std::move(all).error());
  auto reading = impl_->cells.read(*all);
  if (const auto& damage = impl_->cells.damage()) return std::unexpected(*damage);
  return reading;
}

SlotUse LedgerView::slots() const { return {impl_->cells.used_slots(), impl_->ledger.slots()}; }

Result<void> LedgerView::check() const {
  if (const auto& damage = impl_->cells.damage()) return std::unexpected(*damage);
  return impl_->ledger.check();
}

Result<void> LedgerView::check_lives() const {
  return bpf::check_lives(impl_->ledger.fd("lives"), impl_->ledger.fd("aftermaths"));
}

LedgerState LedgerView::state() const { return state_of(impl_->ledger); }

const std::string& LedgerView::id() const { return impl_->id; }

Moment LedgerView::made() const {
  const cgt_header& header = impl_->ledger.header();
  return {.boot = time_in(header.made_boot_ns), .wall = time_in(header.made_wall_ns)};
}

LedgerInfo LedgerView::facts() const {
  const cgt_header& header = impl_->ledger.header();
  return {.id = hex(header.id),
          .made = {.boot = time_in(header.made_boot_ns), .wall = time_in(header.made_wall_ns)},
          .state = state_of(impl_->ledger),
          .kept = impl_->pins.kept(),
          .last_kept = time_in(__atomic_load_n(&header.kept_boot_ns, __ATOMIC_RELAXED)),
          .keeper_pid =
              static_cast<std::uint32_t>(__atomic_load_n(&header.keeper_pid, __ATOMIC_RELAXED)),
          .bytes = impl_->ledger.memory_bytes(),
          .slots = impl_->ledger.slots(),
          .folded = __atomic_load_n(&header.folded, __ATOMIC_RELAXED),
          .abi = header.abi,
          .window = time_in(header.window_ns),
          .clock_read_bytes = header.clock_read_bytes,
          .windows_bytes = header.window_ns == 0 ? 0
                                                 : std::uint64_t{impl_->ledger.rows() - 1} *
                                                       kDirections * sizeof(cgt_window_row)};
}

const std::vector<InterfaceRecord>& LedgerView::interfaces() {
  // Memory order: the writer changes the map, then adds with release; the map is read by system
  // calls after this acquire. A number that is known means records at least as new.
  const std::uint64_t seq =
      __atomic_load_n(&impl_->ledger.header().interfaces_seq, __ATOMIC_ACQUIRE);
  if (seq != impl_->interfaces_seq) {
    impl_->interfaces = interface_records(impl_->ledger);
    impl_->interfaces_seq = seq;
  }
  return impl_->interfaces;
}

LedgerChoice LedgerView::choice() const { return read_choice(impl_->ledger); }

Result<Windows> LedgerView::windows(InterfaceKey key) const {
  const std::string pin = windows_pin(impl_->pins.directory(), key);
  const sys::Fd fd(bpf_obj_get(pin.c_str()));
  if (!fd) return std::unexpected(sys::error_from(errno, "open " + pin));
  if (auto sound = check(); !sound) return std::unexpected(std::move(sound).error());
  if (impl_->ledger.header().window_ns == 0) {
    return std::unexpected(damaged_ledger("its window length is 0, and there are windows"));
  }
  return Windows::map(fd.get(), impl_->ledger.rows() - 1,
                      Nanoseconds(impl_->ledger.header().window_ns));
}

CgroupRegistry LedgerView::registry() const {
  return CgroupRegistry(impl_->ledger.fd("names"), impl_->ledger.fd("removed"));
}

OwnerNames LedgerView::owner_names() const { return OwnerNames(impl_->ledger.fd("owner_names")); }

Lives LedgerView::lives() const { return Lives(impl_->ledger.fd("lives")); }

SlotClaimMaps LedgerView::claims() const {
  return {impl_->ledger.fd("claims"), impl_->ledger.fd("shares")};
}

Aftermaths LedgerView::aftermaths() const { return Aftermaths(impl_->ledger.fd("aftermaths")); }

std::uint64_t LedgerView::missed() const {
  const std::uint32_t zero = 0;
  std::uint64_t missed = 0;
  return bpf_map_lookup_elem(impl_->ledger.fd("missed"), &zero, &missed) == 0 ? missed : 0;
}

const Ledger& LedgerView::ledger() const { return impl_->ledger; }

}  // namespace cgtally::bpf
