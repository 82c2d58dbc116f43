// SPDX-License-Identifier: Apache-2.0
// The maps that hold the totals of all accounts, with a header that describes them and holds the
// retire journal (docs/internals/ledger-format.md). Private maps end with this process; pinned ones
// outlive every process.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/bpf/ledger/ledger_options.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

struct bpf_object;
struct cgt_cell;
struct cgt_handshakes;
struct cgt_header;
struct cgt_interface;
struct cgt_key;

namespace cgtally::bpf {

struct SlotUse {
  std::uint32_t used = 0;  // by accounts and by the reasons of each interface
  std::uint32_t total = 0;
  std::uint32_t quarantined = 0;  // of the used ones: about to be free
};

enum class Access : std::uint8_t { read, write };

// One ledger: its maps by name, and its cells and header as shared memory. The keeper, private
// sessions and readers use it. Attaches no program and retires no account (RetireJournal); several
// processes may hold the same ledger, and only the keeper may write.
class Ledger {
 public:
  static Result<Ledger> create(const LedgerOptions& options);
  // From the pins in `directory`. An Error if a pin is missing, is not ours or has another shape.
  static Result<Ledger> open(const std::string& directory, Access access);
  // Pins each map below `directory`: they then outlive this process.
  Result<void> pin(const std::string& directory) const;
  // The names of all pins that pin() makes.
  [[nodiscard]] static std::vector<std::string> pin_names();

  Ledger(Ledger&& other) noexcept;
  Ledger& operator=(Ledger&& other) noexcept;
  ~Ledger();

  // The map that the BPF object calls "cgt_<map>": "cells", "slots", "free"...
  [[nodiscard]] int fd(std::string_view map) const { return maps_.find(map)->second.get(); }
  // Lets the programs of `object`, which is not loaded yet, use the maps of this ledger.
  void share_with(bpf_object* object) const;

  // Shared memory: other processes and the kernel see each store at once. Writable only if the
  // ledger was opened with Access::write.
  [[nodiscard]] cgt_header& header() { return *header_; }
  [[nodiscard]] const cgt_header& header() const { return *header_; }
  // Row-major: cell (row, slot) is at row * slots() + slot; a row for each CPU, and the last one,
  // which only userspace writes.
  [[nodiscard]] std::span<cgt_cell> cells() { return cells_; }
  [[nodiscard]] std::span<const cgt_cell> cells() const { return cells_; }
  // Beside each cell, at the same index.
  [[nodiscard]] std::span<cgt_handshakes> handshakes() { return handshakes_; }
  [[nodiscard]] std::span<const cgt_handshakes> handshakes() const { return handshakes_; }
  // The last row.
  [[nodiscard]] std::span<const cgt_cell> own_cells() const;
  // As the maps have it, whatever the header says meanwhile.
  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  // An Error if a figure of the header cannot be: see damage.h.
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] std::uint32_t own_row() const { return rows() - 1; }

  // Returns the slot of `account`; takes a free slot for it if it has none or, where none is free,
  // the one that the caller has spared.
  Result<std::uint32_t> reserve(const cgt_key& account,
                                std::optional<std::uint32_t>* spare = nullptr);
  // Frees the slot of an account for which no packet was ever counted.
  void release(const cgt_key& account, std::uint32_t slot);
  // For each slot, whether an account has it or the retire journal holds it.
  [[nodiscard]] Result<std::vector<bool>> slots_in_use() const;
  // Makes every slot free that no account uses. Returns what a killed process held. Only while no
  // program is attached.
  Result<void> rebuild_free_slots();

  // Waits for an RCU grace period: every program run that is under way now has ended on return.
  Result<void> wait_for_running_programs();

  // The records of all interfaces, by key.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, cgt_interface>> interfaces() const;
  Result<void> put_interface(std::uint32_t key, const cgt_interface& interface);
  void forget_interface(std::uint32_t key);

  [[nodiscard]] std::uint64_t memory_bytes() const;

 private:
  using Maps = std::map<std::string, sys::Fd, std::less<>>;
  Ledger(Maps maps, std::uint32_t slots, std::uint32_t rows)
      : maps_(std::move(maps)), slots_(slots), rows_(rows) {}
  Result<void> map_memory(Access access);
  void unmap();
  [[nodiscard]] Result<std::uint32_t> in_the_ledger(std::uint32_t slot) const;

  Maps maps_;
  cgt_header* header_ = nullptr;
  std::uint32_t slots_ = 0;
  std::uint32_t rows_ = 0;
  std::span<cgt_cell> cells_;
  std::span<cgt_handshakes> handshakes_;
  sys::Fd rcu_wait_;  // a map of one map: replacing its element waits for a grace period
  sys::Fd rcu_wait_inner_;
};

}  // namespace cgtally::bpf
