// SPDX-License-Identifier: Apache-2.0
// The choices that a person has made on the screen: page, order, filter, grouping, units. Keys
// change them, and all that is drawn follows from them and from the figures.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/containers/grouping.h"

namespace cgtally::screen {

enum class Page : std::uint8_t { accounts, bursts, credits, account, help };

// What accounts are ordered by. `traffic` is both directions of the last interval together.
enum class SortKey : std::uint8_t {
  traffic,
  name,
  rx,
  tx,
  rx_packets,
  tx_packets,
  new_connections,
  resets,
  connections,
  delay,
  rx_total,
  tx_total,
};

struct View {
  Page page = Page::accounts;
  SortKey sort = SortKey::traffic;
  bool reversed = false;  // the least first; of names, z first
  Grouping by = Grouping::cgroup;
  std::string iface;                    // empty: all
  bool totals = false;                  // the figures since the ledger began, instead of rates
  bool bytes = false;                   // rates in bytes per second
  std::string filter;                   // a part of a name, or a glob
  bool typing = false;                  // the keys go into the filter
  std::string account_glob;             // --account
  std::set<std::string> expanded;       // groups whose members are shown
  std::optional<std::string> selected;  // a row's key
};

}  // namespace cgtally::screen
