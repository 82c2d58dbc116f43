// SPDX-License-Identifier: Apache-2.0
// The ledger's cells, mapped: totals of every account without a system call for each. A slot is
// believed only once the slot hash confirms whose it is, because a CPU without store order (arm64)
// may show half a key, and the loser of a race for a new account stamps a slot that it then puts
// back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/reading.h"
#include "core/result.h"

struct cgt_cell;
struct cgt_key;

namespace cgtally::bpf {

class Cells {
 public:
  // Maps `cells_fd`, an array of cpus * slots cells; `slots_fd` is the hash of accounts.
  static Result<Cells> map(int cells_fd, int slots_fd, std::uint32_t cpus, std::uint32_t slots);

  Cells(Cells&& other) noexcept;
  Cells& operator=(Cells&& other) = delete;
  ~Cells();

  [[nodiscard]] std::vector<AccountTotals> read();
  [[nodiscard]] std::uint32_t used_slots() const { return used_; }

 private:
  Cells(std::span<const cgt_cell> cells, int slots_fd, std::uint32_t cpus, std::uint32_t slots);
  [[nodiscard]] bool confirm(std::uint32_t slot);
  [[nodiscard]] Traffic sum(std::uint32_t slot) const;

  std::span<const cgt_cell> cells_;
  int slots_fd_;
  std::uint32_t cpus_;
  std::uint32_t used_ = 0;
  std::vector<AccountTotals> known_;  // by slot; interface key 0: not yet
};

}  // namespace cgtally::bpf
