// SPDX-License-Identifier: Apache-2.0
// The counters of a slot as one value: those of its cells, and the handshakes beside them. One
// place knows which fields there are; journal, readers and migrations add and move them whole.
#pragma once

#include "cgtally/abi.h"

#include "core/traffic/traffic.h"

namespace cgtally::bpf {

struct SlotTotals {
  cgt_totals counted{};
  cgt_tcp_totals tcp{};

  SlotTotals& operator+=(const SlotTotals& more);
  [[nodiscard]] Traffic traffic() const;
};

// Each counter is loaded at once, because the CPU that counts may be writing. Of a packet that is
// counted meanwhile, one counter may be in the result and another one not; but each segment without
// data whose packet is in it is in it, too, because programs count the packet last. (On arm64,
// which does not keep the order of stores, but for the packets under way.)
[[nodiscard]] SlotTotals load_totals(const cgt_cell& cell, const cgt_handshakes& handshakes);
// Leaves the key of the cell as it is.
void store_totals(cgt_cell& cell, cgt_handshakes& handshakes, const SlotTotals& totals);

// The rest of an entry of the journal in `header`.
[[nodiscard]] const cgt_retire_tcp& tcp_of(const cgt_header& header, const cgt_retire_entry& entry);
// What the journal has, once the entry is SUMMED.
[[nodiscard]] SlotTotals summed_totals(const cgt_header& header, const cgt_retire_entry& entry);
[[nodiscard]] SlotTotals into_totals(const cgt_header& header, const cgt_retire_entry& entry);

}  // namespace cgtally::bpf
