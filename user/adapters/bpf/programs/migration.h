// SPDX-License-Identifier: Apache-2.0
// From a ledger of an older ABI to one of this: the new programs replace the old ones at their
// hooks, and once none of the old ones runs any more, the old totals become opening balances. They
// are assigned, never added, so whoever comes after a killed process does it once more. Knows of
// the older ledger what its header says of itself, which is enough to take down one of any ABI.
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

class OlderLedger {
 public:
  static Result<OlderLedger> open(const std::string& directory);
  // As much of it as there is, to be taken down: no totals can be had. An Error: nothing of use.
  static Result<OlderLedger> open_remains(const std::string& directory);

  OlderLedger(OlderLedger&&) noexcept;
  OlderLedger& operator=(OlderLedger&&) noexcept;
  ~OlderLedger();

  [[nodiscard]] std::uint32_t abi() const;
  [[nodiscard]] std::uint32_t slots() const;
  void ask_keeper_to_stop(bool stop);

  // Before anything is attached to the new one: its id, its keys, its interfaces and their hooks.
  Result<void> hand_over_to(Ledger& ledger, const std::string& directory);
  // Names and deaths of cgroups, where both ledgers write them alike; what the new one has, stands.
  // Once the new one's registry writes.
  void hand_over_registry(const Ledger& ledger) const;
  // After every hook was taken over or detached and no old program runs any more.
  Result<void> import_into(Ledger& ledger) const;
  [[nodiscard]] std::vector<std::pair<std::uint32_t, cgt_interface>> interfaces() const;
  // Its readers see that it is gone: moved or forgotten.
  void close(LedgerState state);

 private:
  struct Impl;
  explicit OlderLedger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
