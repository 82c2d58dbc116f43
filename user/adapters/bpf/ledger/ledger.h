// SPDX-License-Identifier: Apache-2.0
// The maps that hold the totals. A ledger lives as long as somebody holds it: this process, or pins
// in a directory of bpffs, in which case it outlives every process. Its header says what it is and
// keeps the journal of folds. Nothing here attaches a program.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

struct bpf_object;
struct cgt_cell;
struct cgt_header;
struct cgt_interface;
struct cgt_key;

namespace cgtally::bpf {

struct SlotUse {
  std::uint32_t used = 0;  // by accounts and by the reasons of each interface
  std::uint32_t total = 0;
};

struct LedgerOptions {
  std::uint32_t slots = 4096;  // accounts that fit, over all interfaces; the rest is `(overflow)`
  Nanoseconds window = std::chrono::milliseconds{1};  // zero: no windows
  std::uint32_t clock_read_bytes = 16'384;            // the clock is read again after so many
};

enum class Access : std::uint8_t { read, write };

class Ledger {
 public:
  static Result<Ledger> create(const LedgerOptions& options);
  // From the pins in `directory`. An Error where one is missing, foreign or of another shape.
  static Result<Ledger> open(const std::string& directory, Access access);
  // From here on the maps outlive this process.
  Result<void> pin(const std::string& directory) const;
  // The names of its pins.
  [[nodiscard]] static std::vector<std::string> pin_names();

  Ledger(Ledger&& other) noexcept;
  Ledger& operator=(Ledger&& other) noexcept;
  ~Ledger();

  // By its name in the BPF object without "cgt_": "cells", "slots", "free"...
  [[nodiscard]] int fd(std::string_view map) const { return maps_.find(map)->second.get(); }
  // Lets the programs of `object`, which is not loaded yet, use the maps of this ledger.
  void share_with(bpf_object* object) const;

  // Shared memory: other processes and the kernel see a store at once. Writable if opened so.
  [[nodiscard]] cgt_header& header() { return *header_; }
  [[nodiscard]] const cgt_header& header() const { return *header_; }
  // Row-major: cell (row, slot) is at row * slots() + slot; a row for each CPU, and the last one,
  // which only userspace writes.
  [[nodiscard]] std::span<cgt_cell> cells() { return cells_; }
  [[nodiscard]] std::span<const cgt_cell> cells() const { return cells_; }
  [[nodiscard]] std::uint32_t slots() const;
  [[nodiscard]] std::uint32_t rows() const;
  [[nodiscard]] std::uint32_t own_row() const { return rows() - 1; }

  // Gives an account of userspace's choice a slot, or finds the one that it has.
  Result<std::uint32_t> reserve(const cgt_key& account);
  // Frees a slot that nothing was ever booked on.
  void release(const cgt_key& account, std::uint32_t slot);
  // By slot: whether it is an account's, or the journal has it.
  [[nodiscard]] std::vector<bool> slots_in_use() const;
  // While nothing is attached: whatever slot is in no account's use is free. Makes good what a
  // killed process held.
  Result<void> rebuild_free_slots();

  // Returns when every program run that is under way now has ended.
  Result<void> wait_for_running_programs();

  // Interfaces by key, in no order.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, cgt_interface>> interfaces() const;
  Result<void> put_interface(std::uint32_t key, const cgt_interface& interface);
  void forget_interface(std::uint32_t key);

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  using Maps = std::map<std::string, sys::Fd, std::less<>>;
  explicit Ledger(Maps maps) : maps_(std::move(maps)) {}
  Result<void> map_memory(Access access);
  void unmap();

  Maps maps_;
  cgt_header* header_ = nullptr;
  std::span<cgt_cell> cells_;
  sys::Fd grace_;  // array of one map: to replace its element is to wait
  sys::Fd grace_inner_;
};

}  // namespace cgtally::bpf
