// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/migration.h"

#include <bpf/bpf.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "adapters/bpf/base/pin.h"
#include "adapters/bpf/base/slot_totals.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

constexpr std::size_t kDescription = offsetof(cgt_header, interfaces_seq);

// The header does not say where counters of TCP are. From ABI 3 on they are behind the totals of a
// cell, in the map of handshakes, and in a list behind the journal.
constexpr std::uint32_t kFirstAbiWithTcp = 3;
constexpr std::size_t kWithoutData = 48;  // in a cell of that ABI

using Memory = std::span<std::byte>;

Result<Memory> map_whole(int fd) {
  const auto info = info_of(fd);
  if (!info) return std::unexpected(sys::error_from(errno, "look at a map of the older ledger"));
  // The kernel starts each value of an array at a multiple of eight bytes.
  const std::size_t bytes = (std::size_t{info->value_size} + 7) / 8 * 8 * info->max_entries;
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return std::unexpected(sys::error_from(errno, "map the older ledger"));
  return Memory{static_cast<std::byte*>(at), bytes};
}

Result<sys::Fd> get(const std::string& directory, const char* name) {
  const std::string path = fmt::format("{}/{}", directory, name);
  sys::Fd fd(bpf_obj_get(path.c_str()));
  if (!fd) return std::unexpected(sys::error_from(errno, "open " + path));
  return fd;
}

// Entries that do not fit are left out: an account without a name is still an account.
void copy_entries(int from, int to) {
  const auto old = info_of(from);
  const auto now = info_of(to);
  if (!old || !now || old->key_size != now->key_size || old->value_size != now->value_size) return;
  std::vector<std::byte> key(old->key_size);
  std::vector<std::byte> value(old->value_size);
  for (const void* previous = nullptr; bpf_map_get_next_key(from, previous, key.data()) == 0;
       previous = key.data()) {
    if (bpf_map_lookup_elem(from, key.data(), value.data()) != 0) continue;
    bpf_map_update_elem(to, key.data(), value.data(), BPF_NOEXIST);
  }
}

struct ByBytes {
  bool operator()(const cgt_key& a, const cgt_key& b) const {
    return std::memcmp(&a, &b, sizeof(a)) < 0;
  }
};
using Totals = std::map<cgt_key, SlotTotals, ByBytes>;

struct OpenEntry {
  cgt_retire_entry entry;
  cgt_retire_tcp tcp;  // zero in a ledger without counters of TCP
};

}  // namespace

struct OlderLedger::Impl {
  std::string directory;
  cgt_header about{};  // only the part that never changes
  sys::Fd header, cells, slots, interfaces;
  sys::Fd handshakes;  // not there before kFirstAbiWithTcp
  Memory header_memory, cell_memory, handshake_memory;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    for (const Memory mapped : {header_memory, cell_memory, handshake_memory}) {
      if (!mapped.empty()) munmap(mapped.data(), mapped.size());
    }
  }
  [[nodiscard]] bool described() const;
  [[nodiscard]] const std::byte* cell(std::uint32_t row, std::uint32_t slot) const {
    return cell_memory.data() + (std::size_t{row} * about.slots + slot) * about.cell_bytes;
  }
  [[nodiscard]] std::uint32_t* word(std::size_t offset) const {
    return reinterpret_cast<std::uint32_t*>(header_memory.data() + offset);
  }
  void map_handshakes();
  [[nodiscard]] bool has_tcp() const;
  [[nodiscard]] std::size_t journal_end() const {
    return about.journal_at + std::size_t{about.journal_entries} * sizeof(cgt_retire_entry);
  }
  [[nodiscard]] std::vector<OpenEntry> open_entries() const;
  [[nodiscard]] std::optional<cgt_key> owner(std::uint32_t slot) const;
  [[nodiscard]] SlotTotals sum(std::uint32_t slot) const;
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, cgt_interface>> records() const;
};

// Later ABIs append to the record: fields that this ledger lacks are zero.
std::vector<std::pair<std::uint32_t, cgt_interface>> OlderLedger::Impl::records() const {
  const auto info = info_of(interfaces.get());
  std::vector<std::byte> raw(info ? info->value_size : 0);
  std::vector<std::pair<std::uint32_t, cgt_interface>> all;
  std::uint32_t key = 0;
  for (const void* previous = nullptr; info && info->key_size == sizeof(key) &&
                                       bpf_map_get_next_key(interfaces.get(), previous, &key) == 0;
       previous = &key) {
    if (bpf_map_lookup_elem(interfaces.get(), &key, raw.data()) != 0) continue;
    cgt_interface record{};
    std::memcpy(&record, raw.data(), std::min(raw.size(), sizeof(record)));
    all.emplace_back(key, record);
  }
  return all;
}

bool OlderLedger::Impl::described() const {
  const std::size_t cells_end = std::size_t{about.rows} * about.slots * about.cell_bytes;
  return about.magic == CGT_MAGIC && about.cell_key + sizeof(cgt_key) <= about.cell_bytes &&
         about.cell_totals + sizeof(cgt_totals) <= about.cell_bytes &&
         cells_end <= cell_memory.size() && journal_end() <= header_memory.size();
}

void OlderLedger::Impl::map_handshakes() {
  if (about.abi < kFirstAbiWithTcp) return;
  auto map = get(directory, "handshakes");
  if (!map) return;
  handshakes = *std::move(map);
  if (const auto mapped = map_whole(handshakes.get())) handshake_memory = *mapped;
}

bool OlderLedger::Impl::has_tcp() const {
  return about.abi >= kFirstAbiWithTcp && kWithoutData + 2 * sizeof(__u64) <= about.cell_bytes &&
         std::size_t{about.rows} * about.slots * sizeof(cgt_handshakes) <=
             handshake_memory.size() &&
         journal_end() + about.journal_entries * sizeof(cgt_retire_tcp) <= header_memory.size();
}

std::vector<OpenEntry> OlderLedger::Impl::open_entries() const {
  std::vector<OpenEntry> open;
  for (std::uint32_t at = 0; at < about.journal_entries; ++at) {
    OpenEntry one{};
    std::memcpy(&one.entry, header_memory.data() + about.journal_at + at * sizeof(one.entry),
                sizeof(one.entry));
    if (one.entry.state != CGT_RETIRE_LEAVING && one.entry.state != CGT_RETIRE_SUMMED) continue;
    if (has_tcp()) {
      std::memcpy(&one.tcp, header_memory.data() + journal_end() + at * sizeof(one.tcp),
                  sizeof(one.tcp));
    }
    open.push_back(one);
  }
  return open;
}

std::optional<cgt_key> OlderLedger::Impl::owner(std::uint32_t slot) const {
  for (std::uint32_t row = 0; row < about.rows; ++row) {
    cgt_key key{};
    std::uint32_t owned = 0;
    std::memcpy(&key, cell(row, slot) + about.cell_key, sizeof(key));
    if (key.iface != 0 && bpf_map_lookup_elem(slots.get(), &key, &owned) == 0 && owned == slot) {
      return key;
    }
  }
  return std::nullopt;
}

SlotTotals OlderLedger::Impl::sum(std::uint32_t slot) const {
  SlotTotals all;
  for (std::uint32_t row = 0; row < about.rows; ++row) {
    SlotTotals one;
    const std::byte* totals = cell(row, slot) + about.cell_totals;
    std::memcpy(&one.counted, totals, sizeof(one.counted));
    if (has_tcp()) {
      const std::byte* without_data = cell(row, slot) + kWithoutData;
      std::memcpy(&one.tcp.rx_no_payload, without_data, sizeof(__u64));
      std::memcpy(&one.tcp.tx_no_payload, without_data + sizeof(__u64), sizeof(__u64));
      const std::size_t at = std::size_t{row} * about.slots + slot;
      std::memcpy(&one.tcp.handshakes, handshake_memory.data() + at * sizeof(cgt_handshakes),
                  sizeof(cgt_handshakes));
    }
    all += one;
  }
  return all;
}

// Reads each retirement that a killed keeper left half done as finished, or as not begun.
Totals OlderLedger::Impl::totals() const {
  std::map<std::uint32_t, SlotTotals> instead;
  Totals all;
  for (const auto& [entry, tcp] : open_entries()) {
    if (entry.state == CGT_RETIRE_SUMMED) {
      instead[entry.slot] = {};
      instead[entry.into_slot] = {.counted = entry.into_totals, .tcp = tcp.into_totals};
    } else {
      all[entry.key] += sum(entry.slot);
      instead[entry.slot] = {};
    }
  }
  for (std::uint32_t slot = 0; slot < about.slots; ++slot) {
    const auto key = owner(slot);
    if (!key) continue;
    const auto replaced = instead.find(slot);
    if (replaced == instead.end()) {
      all[*key] += sum(slot);
    } else if (const auto& [counted, tcp] = replaced->second;
               counted.rx_packets + counted.tx_packets > 0) {
      all[*key] += replaced->second;
    }
  }
  return all;
}

Result<OlderLedger> OlderLedger::open(const std::string& directory) {
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  for (const auto& [name, fd] : {std::pair{"header", &impl->header},
                                 {"cells", &impl->cells},
                                 {"slots", &impl->slots},
                                 {"interfaces", &impl->interfaces}}) {
    auto got = get(directory, name);
    if (!got) return std::unexpected(std::move(got).error());
    *fd = *std::move(got);
  }
  for (const auto& [fd, memory] :
       {std::pair{&impl->header, &impl->header_memory}, {&impl->cells, &impl->cell_memory}}) {
    auto mapped = map_whole(fd->get());
    if (!mapped) return std::unexpected(std::move(mapped).error());
    *memory = *mapped;
  }
  if (impl->header_memory.size() >= kDescription) {
    std::memcpy(&impl->about, impl->header_memory.data(), kDescription);
  }
  if (!impl->described()) {
    return std::unexpected(Error{.what = fmt::format("{} is not a ledger", directory),
                                 .hint = "remove it: cgtally down --forget",
                                 .code = EINVAL});
  }
  impl->map_handshakes();
  return OlderLedger(std::move(impl));
}

Result<OlderLedger> OlderLedger::open_remains(const std::string& directory) {
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  auto interfaces = get(directory, "interfaces");
  if (!interfaces) return std::unexpected(std::move(interfaces).error());
  impl->interfaces = *std::move(interfaces);
  if (auto header = get(directory, "header"); header) {
    auto mapped = map_whole(header->get());
    if (mapped && mapped->size() >= kDescription) {
      impl->header_memory = *mapped;
      std::memcpy(&impl->about, mapped->data(), kDescription);
    }
  }
  return OlderLedger(std::move(impl));
}

OlderLedger::OlderLedger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OlderLedger::OlderLedger(OlderLedger&&) noexcept = default;
OlderLedger& OlderLedger::operator=(OlderLedger&&) noexcept = default;
OlderLedger::~OlderLedger() = default;

std::uint32_t OlderLedger::abi() const { return impl_->about.abi; }
std::uint32_t OlderLedger::slots() const { return impl_->about.slots; }

void OlderLedger::ask_keeper_to_stop(bool stop) {
  if (impl_->about.magic != CGT_MAGIC) return;
  __atomic_store_n(impl_->word(offsetof(cgt_header, stop)), stop ? 1U : 0U, __ATOMIC_RELEASE);
}

Result<void> OlderLedger::hand_over_to(Ledger& ledger, const std::string& directory) {
  std::memcpy(&impl_->about, impl_->header_memory.data(),
              kDescription);  // the keeper may have changed it since
  cgt_header& header = ledger.header();
  std::ranges::copy(impl_->about.id, header.id);
  header.made_boot_ns = impl_->about.made_boot_ns;
  header.made_wall_ns = impl_->about.made_wall_ns;
  header.last_iface = std::max(header.last_iface, impl_->about.last_iface);
  header.last_netns = std::max(header.last_netns, impl_->about.last_netns);

  const auto known = [&, there = ledger.interfaces()](std::uint32_t wanted) {
    return std::ranges::any_of(there, [&](const auto& one) { return one.first == wanted; });
  };
  for (auto [key, record] : impl_->records()) {
    if (known(key)) continue;  // copied before an earlier process was killed
    // The record last: once it is there, the hooks are expected to be where it says.
    for (const char* direction : {"ingress", "egress"}) {
      const std::string name = fmt::format("/{}-{}", key, direction);
      const sys::Fd link(bpf_obj_get((impl_->directory + name).c_str()));
      if (!link) continue;
      if (auto pinned = replace_pin(link.get(), directory + name); !pinned) return pinned;
    }
    std::ranges::fill(record.reason_slot, 0);  // those of the older ledger
    if (auto put = ledger.put_interface(key, record); !put) return put;
  }
  return {};
}

void OlderLedger::hand_over_registry(const Ledger& ledger) const {
  for (const char* name : {"names", "removed", "owner_names", "lives", "services"}) {
    if (const auto map = get(impl_->directory, name)) copy_entries(map->get(), ledger.fd(name));
  }
}

Result<void> OlderLedger::import_into(Ledger& ledger) const {
  if (ledger.header().imported_abi == abi())
    return {};  // done before an earlier process was killed
  for (auto [key, totals] : impl_->totals()) {
    if (!impl_->has_tcp()) {  // packets with data begin at 0 like everything else of TCP
      totals.tcp.rx_no_payload = totals.counted.rx_packets;
      totals.tcp.tx_no_payload = totals.counted.tx_packets;
    }
    const auto slot = ledger.reserve(key);
    if (!slot) return std::unexpected(slot.error());
    const std::size_t at = std::size_t{ledger.own_row()} * ledger.slots() + *slot;
    store_totals(ledger.cells()[at], ledger.handshakes()[at], totals);
  }
  __atomic_store_n(&ledger.header().imported_abi, std::uint64_t{abi()}, __ATOMIC_RELEASE);
  return {};
}

std::vector<std::pair<std::uint32_t, cgt_interface>> OlderLedger::interfaces() const {
  return impl_->records();
}

void OlderLedger::close(LedgerState state) {
  if (impl_->about.magic != CGT_MAGIC) return;
  __atomic_store_n(impl_->word(offsetof(cgt_header, state)), static_cast<std::uint32_t>(state),
                   __ATOMIC_RELEASE);
}

}  // namespace cgtally::bpf
