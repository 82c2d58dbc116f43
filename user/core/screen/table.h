// SPDX-License-Identifier: Apache-2.0
// The table of accounts: which columns fit, how wide each is, and a row as a line. The widths
// depend on the screen and the view alone, never on the figures, so that columns stay where they
// are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/screen/frame.h"
#include "core/screen/rows.h"
#include "core/screen/view.h"

namespace cgtally::screen {

// A column of figures. `width` includes the space before the figure.
struct TableColumn {
  SortKey key = SortKey::tx;
  std::size_t width = 0;
  std::string_view heading;
  std::string (*text)(const AccountLine&) = nullptr;
};

// A heading that can be clicked: columns from `begin` up to `end`.
struct HeadingZone {
  std::size_t begin = 0;
  std::size_t end = 0;
  SortKey key = SortKey::traffic;
};

// Made by Screen for each frame. Does not order or choose the rows.
class Table {
 public:
  Table(const View& view, const Size& size, bool connections);

  [[nodiscard]] Line header() const;
  [[nodiscard]] std::vector<HeadingZone> zones() const;
  // Of rows as they fit; different accounts stay different.
  [[nodiscard]] std::vector<std::string> names(const std::vector<const Row*>& rows) const;
  // `name`: of names(). `busiest`: the value whose bar is full.
  [[nodiscard]] Line row(const Row& row, const std::string& name, std::uint64_t busiest) const;
  // What the bar of a row shows.
  [[nodiscard]] std::uint64_t weight(const AccountLine& line) const;
  // The sort keys of the columns, from left to right, with the name first.
  [[nodiscard]] std::vector<SortKey> keys() const;

 private:
  [[nodiscard]] std::size_t name_width(const Row& row) const;
  [[nodiscard]] std::string indent(const Row& row) const;
  [[nodiscard]] std::string heading(std::string_view text, SortKey key) const;

  const View& view_;
  Size size_;
  std::vector<TableColumn> columns_;
  std::size_t bar_ = 0;  // with the space before it
  std::size_t account_ = 0;
};

// "traffic", "TX bit/s": how the status line names it.
[[nodiscard]] std::string_view sort_name(SortKey key);

}  // namespace cgtally::screen
