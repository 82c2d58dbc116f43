// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/ledger/ledger.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/random.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/base/map_batches.h"
#include "adapters/bpf/ledger/ledger_maps.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"
#include "adapters/sys/host.h"

namespace cgtally::bpf {
namespace {

Error foreign(const std::string& path) {
  return {.what = fmt::format("{} is not what a ledger has there", path),
          .hint = "remove the ledger and begin again: cgtally down --forget",
          .code = EINVAL};
}

// Opened for writing for readers, too: the kernel does not map a map that was opened read-only.
Result<sys::Fd> get_pin(const std::string& path) {
  sys::Fd fd(bpf_obj_get(path.c_str()));
  if (fd) return fd;
  const int code = errno;
  if (code == ENOENT || code == EACCES || code == EPERM || code == EROFS) {
    return std::unexpected(
        sys::error_from(code, "open " + path,
                        code == ENOENT ? "the ledger is not whole: cgtally down --forget" : ""));
  }
  return std::unexpected(foreign(path));
}

template <typename T>
Result<T*> map_one(int fd, std::size_t bytes, Access access) {
  const int protection = PROT_READ | (access == Access::write ? PROT_WRITE : 0);
  void* at = mmap(nullptr, bytes, protection, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) {
    const int code = errno;
    return std::unexpected(
        sys::error_from(code, "map the ledger", code == ENOMEM ? "choose fewer --slots" : ""));
  }
  return static_cast<T*>(at);
}

void describe(cgt_header& header, const LedgerOptions& options, const Size& size) {
  header.magic = CGT_MAGIC;
  header.abi = CGT_ABI_VERSION;
  header.slots = size.slots;
  header.rows = size.rows;
  header.cell_bytes = sizeof(cgt_cell);
  header.cell_key = offsetof(cgt_cell, key);
  header.cell_totals = offsetof(cgt_cell, rx_bytes);
  header.journal_at = offsetof(cgt_header, journal);
  header.journal_entries = CGT_RETIRE_ENTRIES;
  if (getrandom(header.id, sizeof(header.id), 0) != sizeof(header.id)) {
    header.id[0] = 0;
  }
  const Moment now = sys::now();
  header.made_boot_ns = static_cast<std::uint64_t>(now.boot.count());
  header.made_wall_ns = static_cast<std::uint64_t>(now.wall.count());
  header.window_ns = static_cast<std::uint64_t>(options.window.count());
  header.clock_read_bytes = options.clock_read_bytes;
  header.final_totals_entries = final_totals_entries(size);
}

Result<Size> size_for(std::uint32_t slots) {
  auto cpus = sys::cpu_ids();
  if (!cpus) return std::unexpected(std::move(cpus).error());
  const Size size{.slots = slots, .rows = *cpus + 1};
  if (std::uint64_t{size.rows} * size.slots > std::numeric_limits<std::uint32_t>::max()) {
    return std::unexpected(Error{
        .what = fmt::format(
            "create the ledger: {} slots on each of {} CPUs are more cells than a map can have",
            slots, *cpus),
        .hint = "choose fewer --slots",
        .code = E2BIG,
        .failure = Failure::usage});
  }
  return size;
}

}  // namespace

Result<Ledger> Ledger::create(const LedgerOptions& options) {
  const auto size = size_for(options.slots);
  if (!size) return std::unexpected(size.error());
  Maps maps;
  for (const Shape& shape : shapes_of(*size)) {
    auto made = make_map(shape);
    if (!made) return std::unexpected(std::move(made).error());
    maps.emplace(shape.name, *std::move(made));
  }
  Ledger ledger(std::move(maps), size->slots, size->rows);
  cgt_header first{};
  describe(first, options, *size);
  const std::uint32_t zero = 0;
  if (bpf_map_update_elem(ledger.fd("header"), &zero, &first, BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "write the ledger's header"));
  }
  if (auto mapped = ledger.map_memory(Access::write); !mapped) {
    return std::unexpected(std::move(mapped).error());
  }
  if (auto filled = ledger.rebuild_free_slots(); !filled) {
    return std::unexpected(std::move(filled).error());
  }
  return ledger;
}

Result<Ledger> Ledger::open(const std::string& directory, Access access) {
  auto header = get_pin(directory + "/header");
  if (!header) return std::unexpected(std::move(header).error());
  cgt_header first{};
  const std::uint32_t zero = 0;
  const auto info = info_of(header->get());
  if (!info || info->value_size != sizeof(first) ||
      bpf_map_lookup_elem(header->get(), &zero, &first) != 0 || first.magic != CGT_MAGIC ||
      first.abi != CGT_ABI_VERSION) {
    return std::unexpected(foreign(directory + "/header"));
  }
  Maps maps;
  for (const Shape& shape : shapes_of({.slots = first.slots, .rows = first.rows})) {
    auto fd = get_pin(fmt::format("{}/{}", directory, shape.name));
    if (!fd) return std::unexpected(std::move(fd).error());
    const auto found = info_of(fd->get());
    if (!found || !fits(*found, shape)) {
      return std::unexpected(foreign(fmt::format("{}/{}", directory, shape.name)));
    }
    maps.emplace(shape.name, *std::move(fd));
  }
  Ledger ledger(std::move(maps), first.slots, first.rows);
  if (auto mapped = ledger.map_memory(access); !mapped) {
    return std::unexpected(std::move(mapped).error());
  }
  if (auto sound = ledger.check(); !sound) return std::unexpected(std::move(sound).error());
  return ledger;
}

Result<void> Ledger::pin(const std::string& directory) const {
  for (const auto& [name, fd] : maps_) {
    const std::string path = fmt::format("{}/{}", directory, name);
    if (bpf_obj_pin(fd.get(), path.c_str()) != 0) {
      return std::unexpected(sys::error_from(errno, "pin " + path));
    }
  }
  return {};
}

std::vector<std::string> Ledger::pin_names() {
  std::vector<std::string> names;
  for (const Shape& shape : shapes_of({.slots = 1, .rows = 1})) {
    names.push_back(shape.name);
  }
  return names;
}

Result<void> Ledger::map_memory(Access access) {
  auto header = map_one<cgt_header>(fd("header"), sizeof(cgt_header), access);
  if (!header) return std::unexpected(std::move(header).error());
  header_ = *header;
  const std::size_t count = std::size_t{rows()} * slots();
  auto cells = map_one<cgt_cell>(fd("cells"), count * sizeof(cgt_cell), access);
  if (!cells) return std::unexpected(std::move(cells).error());
  cells_ = {*cells, count};
  auto handshakes =
      map_one<cgt_handshakes>(fd("handshakes"), count * sizeof(cgt_handshakes), access);
  if (!handshakes) return std::unexpected(std::move(handshakes).error());
  handshakes_ = {*handshakes, count};
  return {};
}

void Ledger::unmap() {
  if (header_) {
    munmap(header_, sizeof(*header_));
  }
  if (!cells_.empty()) {
    munmap(cells_.data(), cells_.size_bytes());
  }
  if (!handshakes_.empty()) {
    munmap(handshakes_.data(), handshakes_.size_bytes());
  }
  header_ = nullptr;
  cells_ = {};
  handshakes_ = {};
}

Ledger::Ledger(Ledger&& other) noexcept
    : maps_(std::move(other.maps_)),
      header_(std::exchange(other.header_, nullptr)),
      slots_(other.slots_),
      rows_(other.rows_),
      cells_(std::exchange(other.cells_, {})),
      handshakes_(std::exchange(other.handshakes_, {})),
      rcu_wait_(std::move(other.rcu_wait_)),
      rcu_wait_inner_(std::move(other.rcu_wait_inner_)) {}

Ledger& Ledger::operator=(Ledger&& other) noexcept {
  if (this != &other) {
    unmap();
    maps_ = std::move(other.maps_);
    header_ = std::exchange(other.header_, nullptr);
    slots_ = other.slots_;
    rows_ = other.rows_;
    cells_ = std::exchange(other.cells_, {});
    handshakes_ = std::exchange(other.handshakes_, {});
    rcu_wait_ = std::move(other.rcu_wait_);
    rcu_wait_inner_ = std::move(other.rcu_wait_inner_);
  }
  return *this;
}

Ledger::~Ledger() { unmap(); }

void Ledger::share_with(bpf_object* object) const {
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (!is_shared(*map)) continue;
    bpf_map__reuse_fd(map, fd(name_of(*map)));
  }
}

std::span<const cgt_cell> Ledger::own_cells() const {
  return std::span<const cgt_cell>(cells_).last(slots());
}

Result<void> Ledger::check() const {
  const Size size{.slots = slots_, .rows = rows_};
  auto damage = find_damage(
      *header_, {.slots = slots_, .rows = rows_, .final_totals = final_totals_entries(size)});
  if (damage) return std::unexpected(*std::move(damage));
  return {};
}

Result<std::uint32_t> Ledger::in_the_ledger(std::uint32_t slot) const {
  if (slot < slots_) return slot;
  return std::unexpected(damaged_ledger(
      fmt::format("its map of slots or of free ones has slot {}, of {}", slot, slots_)));
}

Result<std::uint32_t> Ledger::reserve(const cgt_key& account, std::optional<std::uint32_t>* spare) {
  std::uint32_t slot = 0;
  if (bpf_map_lookup_elem(fd("slots"), &account, &slot) == 0) return in_the_ledger(slot);
  const bool any_free = bpf_map_lookup_and_delete_elem(fd("free"), nullptr, &slot) == 0;
  if (!any_free && spare && *spare) {
    slot = *std::exchange(*spare, std::nullopt);
  } else if (!any_free) {
    return std::unexpected(
        sys::error_from(ENOSPC, "reserve a slot of the ledger", "choose more --slots"));
  }
  if (auto sound = in_the_ledger(slot); !sound) return sound;
  // Blank, so that the slot is found if this process is killed here. Only userspace's own row gets
  // the key: each CPU writes its own when it first counts on the slot.
  for (std::uint32_t row = 0; row < rows(); ++row) {
    cells_[std::size_t{row} * slots() + slot].key = {};
  }
  cells_[std::size_t{own_row()} * slots() + slot].key = account;
  if (bpf_map_update_elem(fd("slots"), &account, &slot, BPF_NOEXIST) == 0) {
    __atomic_add_fetch(&header_->interfaces_seq, 1, __ATOMIC_RELEASE);
    return slot;
  }
  const int code = errno;
  cells_[std::size_t{own_row()} * slots() + slot].key = {};
  bpf_map_update_elem(fd("free"), nullptr, &slot, BPF_ANY);
  if (bpf_map_lookup_elem(fd("slots"), &account, &slot) == 0) return in_the_ledger(slot);
  return std::unexpected(sys::error_from(code, "reserve a slot of the ledger"));
}

void Ledger::release(const cgt_key& account, std::uint32_t slot) {
  bpf_map_delete_elem(fd("slots"), &account);
  cells_[std::size_t{own_row()} * slots() + slot].key = {};
  bpf_map_update_elem(fd("free"), nullptr, &slot, BPF_ANY);
}

Result<std::vector<bool>> Ledger::slots_in_use() const {
  std::vector<bool> used(slots());
  for (const cgt_retire_entry& entry : header_->journal) {
    if (entry.state != CGT_RETIRE_NONE && entry.slot < used.size()) {
      used[entry.slot] = true;
    }
  }
  const auto walked = for_each_batch<std::uint32_t, cgt_key>(
      fd("slots"), "list the slots",
      [&used](std::span<const cgt_key>, std::span<const std::uint32_t> slots) {
        for (const std::uint32_t slot : slots) {
          if (slot < used.size()) used[slot] = true;
        }
      });
  if (!walked) return std::unexpected(walked.error());
  return used;
}

Result<void> Ledger::rebuild_free_slots() {
  const auto used = slots_in_use();
  if (!used) return std::unexpected(used.error());
  std::uint32_t slot = 0;
  while (bpf_map_lookup_and_delete_elem(fd("free"), nullptr, &slot) == 0) {
  }
  for (slot = 0; slot < slots(); ++slot) {
    if ((*used)[slot]) continue;
    for (std::uint32_t row = 0; row < rows(); ++row) {
      cells_[std::size_t{row} * slots() + slot] = {};
      handshakes_[std::size_t{row} * slots() + slot] = {};
    }
    if (bpf_map_update_elem(fd("free"), nullptr, &slot, BPF_ANY) != 0) {
      return std::unexpected(sys::error_from(errno, "fill the ledger's free slots"));
    }
  }
  return {};
}

Result<void> Ledger::wait_for_running_programs() {
  const std::uint32_t zero = 0;
  if (!rcu_wait_) {
    sys::Fd inner(bpf_map_create(BPF_MAP_TYPE_ARRAY, "cgt_rcu_inner", 4, 4, 1, nullptr));
    LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = static_cast<__u32>(inner.get()));
    sys::Fd outer(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "cgt_rcu_wait", 4, 4, 1, &opts));
    if (!inner || !outer) return std::unexpected(sys::error_from(errno, "create a map to wait by"));
    rcu_wait_inner_ = std::move(inner);
    rcu_wait_ = std::move(outer);
  }
  // The kernel returns from this update after synchronize_rcu (4.20 on): tc programs run as
  // readers.
  const int inner = rcu_wait_inner_.get();
  if (bpf_map_update_elem(rcu_wait_.get(), &zero, &inner, BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "wait for running programs"));
  }
  return {};
}

std::vector<std::pair<std::uint32_t, cgt_interface>> Ledger::interfaces() const {
  std::vector<std::pair<std::uint32_t, cgt_interface>> all;
  (void)for_each_batch<cgt_interface, std::uint32_t>(
      fd("interfaces"), "list the interfaces",
      [&all](std::span<const std::uint32_t> keys, std::span<const cgt_interface> records) {
        for (std::size_t at = 0; at < keys.size(); ++at) all.emplace_back(keys[at], records[at]);
      });
  std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
  return all;
}

Result<void> Ledger::put_interface(std::uint32_t key, const cgt_interface& interface) {
  if (bpf_map_update_elem(fd("interfaces"), &key, &interface, BPF_ANY) != 0) {
    return std::unexpected(sys::error_from(errno, "record an interface in the ledger"));
  }
  __atomic_add_fetch(&header_->interfaces_seq, 1, __ATOMIC_RELEASE);
  return {};
}

void Ledger::forget_interface(std::uint32_t key) {
  bpf_map_delete_elem(fd("interfaces"), &key);
  __atomic_add_fetch(&header_->interfaces_seq, 1, __ATOMIC_RELEASE);
}

std::uint64_t Ledger::memory_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, fd] : maps_) {
    const auto info = info_of(fd.get());
    const bool grows = info && (info->map_flags & BPF_F_NO_PREALLOC) != 0;
    if (info && !grows) {
      bytes += std::uint64_t{info->max_entries} * (info->key_size + info->value_size);
    }
  }
  return bytes;
}

}  // namespace cgtally::bpf
