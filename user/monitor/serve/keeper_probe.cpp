// SPDX-License-Identifier: Apache-2.0
#include "monitor/serve/keeper_probe.h"

#include <utility>

namespace cgtally::monitor {

std::optional<KeeperReading> KeeperProbe::read(const std::string& ledger, const Moment& now) {
  if (!view_ || view_->id() != ledger) {
    view_.reset();
    if (auto opened = bpf::LedgerView::open(bpffs_)) view_.emplace(*std::move(opened));
  }
  if (!view_) return std::nullopt;
  const bpf::LedgerInfo facts = view_->facts();
  KeeperReading reading{.keeper = {.up = facts.kept, .last_active = {}}, .map_bytes = facts.bytes};
  if (facts.last_kept > Nanoseconds::zero()) {
    reading.keeper.last_active = now.wall - (now.boot - facts.last_kept);
  }
  return reading;
}

}  // namespace cgtally::monitor
