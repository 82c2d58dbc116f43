// SPDX-License-Identifier: Apache-2.0
// Moves the totals of a ledger of an older ABI to one of this ABI. First the new programs replace
// the old ones at their hooks; once no old program runs, the old totals become opening balances.
// These are assigned, never added, so a process that continues after a kill may repeat every step.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bpf/ledger/ledger.h"
#include "adapters/bpf/ledger/pins.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// A ledger of any other ABI, known only by the part of its header that never changes. `up
// --migrate` moves it, `down` detaches and forgets it. Never attaches a program.
class OlderLedger {
 public:
  static Result<OlderLedger> open(const std::string& directory);
  // Opens what is left of a damaged ledger, to detach its hooks; its totals cannot be read. An
  // Error if there are no interface records.
  static Result<OlderLedger> open_remains(const std::string& directory);

  OlderLedger(OlderLedger&&) noexcept;
  OlderLedger& operator=(OlderLedger&&) noexcept;
  ~OlderLedger();

  [[nodiscard]] std::uint32_t abi() const;
  [[nodiscard]] std::uint32_t slots() const;
  void ask_keeper_to_stop(bool stop);

  // Copies the id, the last keys, the interface records and the link pins. To be called before
  // anything is attached for the new ledger.
  Result<void> hand_over_to(Ledger& ledger, const std::string& directory);
  // Copies names and removals of cgroups if both ABIs store them alike; entries that the new ledger
  // has stay. To be called once the new registry programs write.
  void hand_over_registry(const Ledger& ledger) const;
  // Makes the old totals opening balances. To be called after every hook was taken over or detached
  // and no old program runs any more.
  Result<void> import_into(Ledger& ledger) const;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, cgt_interface>> interfaces() const;
  // Tells the ledger's readers that it has been moved or forgotten.
  void close(LedgerState state);

 private:
  struct Impl;
  explicit OlderLedger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
