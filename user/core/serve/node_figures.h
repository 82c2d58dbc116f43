// SPDX-License-Identifier: Apache-2.0
// NodeFigures: what follows from samples alone, whether they are counted now or were recorded: the
// series, the table of accounts, the interfaces.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/live/report.h"
#include "core/serve/node_state.h"
#include "core/serve/series/series_book.h"

namespace cgtally::serve {

// Fed with each interval's samples by what collects them. Reads nothing and writes no text.
class NodeFigures {
 public:
  explicit NodeFigures(std::size_t top) : book_(top) {}

  [[nodiscard]] SeriesBook& book() { return book_; }
  // Accounts that have totals and may be idle: they are shown, and have moved nothing yet.
  void show(std::vector<Sample> opening, const Moment& now);
  void add(const std::vector<Sample>& samples, const Moment& now);
  // Of the last interval.
  void fill(NodeState& state) const;

 private:
  SeriesBook book_;
  AccountTable table_;
  std::map<std::string, NamedShare> named_;
  std::uint64_t page_ = 0;
};

}  // namespace cgtally::serve
