// SPDX-License-Identifier: Apache-2.0
// KeeperProbe: whether the keeper of the pinned ledger lives, asked once a second.
#pragma once

#include <optional>
#include <string>

#include "adapters/bpf/ledger/ledger_view.h"
#include "core/serve/node_state.h"

namespace cgtally::monitor {

struct KeeperReading {
  serve::KeeperFacts keeper;
  std::uint64_t map_bytes = 0;
};

// `serve` has one. Opens the ledger again when another one is up. Changes nothing.
class KeeperProbe {
 public:
  explicit KeeperProbe(std::string bpffs) : bpffs_(std::move(bpffs)) {}
  // `ledger`: the id of the one that is read. Empty: it is not there.
  [[nodiscard]] std::optional<KeeperReading> read(const std::string& ledger, const Moment& now);

 private:
  std::string bpffs_;
  std::optional<bpf::LedgerView> view_;
};

}  // namespace cgtally::monitor
