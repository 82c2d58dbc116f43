// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cells.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <utility>

#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

// One 64-bit load; the CPU that counts may be writing.
std::uint64_t load(const __u64& counter) { return __atomic_load_n(&counter, __ATOMIC_RELAXED); }

Traffic traffic_of(const cgt_cell& cell) {
  return {.rx_bytes = Bytes{load(cell.rx_bytes)},
          .rx_packets = Packets{load(cell.rx_packets)},
          .tx_bytes = Bytes{load(cell.tx_bytes)},
          .tx_packets = Packets{load(cell.tx_packets)}};
}

cgt_key key_of(const cgt_cell& cell) {
  cgt_key key{};
  key.iface = __atomic_load_n(&cell.key.iface, __ATOMIC_ACQUIRE);
  key.cgroup_id = load(cell.key.cgroup_id);
  key.kind = __atomic_load_n(&cell.key.kind, __ATOMIC_RELAXED);
  return key;
}

}  // namespace

Result<Cells> Cells::map(int cells_fd, int slots_fd, std::uint32_t cpus, std::uint32_t slots) {
  const std::size_t count = std::size_t{cpus} * slots;
  void* at = mmap(nullptr, count * sizeof(cgt_cell), PROT_READ, MAP_SHARED, cells_fd, 0);
  if (at == MAP_FAILED) return std::unexpected(sys::error_from(errno, "map the ledger"));
  return Cells({static_cast<const cgt_cell*>(at), count}, slots_fd, cpus, slots);
}

Cells::Cells(std::span<const cgt_cell> cells, int slots_fd, std::uint32_t cpus, std::uint32_t slots)
    : cells_(cells), slots_fd_(slots_fd), cpus_(cpus), known_(slots) {}

Cells::Cells(Cells&& other) noexcept
    : cells_(std::exchange(other.cells_, {})),
      slots_fd_(other.slots_fd_),
      cpus_(other.cpus_),
      used_(other.used_),
      known_(std::move(other.known_)) {}

Cells::~Cells() {
  if (!cells_.empty()) munmap(const_cast<cgt_cell*>(cells_.data()), cells_.size_bytes());
}

bool Cells::confirm(std::uint32_t slot) {
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    const cgt_key key = key_of(cells_[cpu * known_.size() + slot]);
    std::uint32_t owned = 0;
    if (key.iface == 0 || bpf_map_lookup_elem(slots_fd_, &key, &owned) != 0 || owned != slot) {
      continue;
    }
    known_[slot].iface = InterfaceKey{key.iface};
    known_[slot].account = {static_cast<AccountKind>(key.kind), key.cgroup_id};
    ++used_;
    return true;
  }
  return false;
}

Traffic Cells::sum(std::uint32_t slot) const {
  Traffic total;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    total += traffic_of(cells_[cpu * known_.size() + slot]);
  }
  return total;
}

std::vector<AccountTotals> Cells::read() {
  std::vector<AccountTotals> all;
  for (std::uint32_t slot = 0; slot < known_.size(); ++slot) {
    AccountTotals& account = known_[slot];
    if (account.iface.value == 0 && !confirm(slot)) continue;
    account.totals = sum(slot);
    all.push_back(account);
  }
  return all;
}

}  // namespace cgtally::bpf
