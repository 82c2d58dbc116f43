// SPDX-License-Identifier: Apache-2.0
// From the accounts of a book to the rows of a view: grouped, filtered, ordered.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/live/report.h"
#include "core/screen/account_book.h"
#include "core/screen/view.h"

namespace cgtally::screen {

// One line of the table. Its key is the account: a cgroup's path, a reason, or a group's account,
// which begins with the word of --by and ':'.
struct Row {
  AccountLine line;
  bool member = false;      // of the group in a row above
  std::size_t members = 0;  // of a group: accounts that are there
  bool expanded = false;

  [[nodiscard]] const std::string& key() const { return line.account; }
};

// Groups come before their members. `order`: keys whose rows stay in that order, new ones after
// them; empty: by the view's sort key.
[[nodiscard]] std::vector<Row> rows_of(const AccountBook& book, const View& view,
                                       const std::vector<std::string>& order);
// The accounts of a row: itself, or a group's members.
[[nodiscard]] std::vector<const BookEntry*> entries_of(const AccountBook& book, const View& view,
                                                       const std::string& key);
// All rows but members, added up.
[[nodiscard]] AccountLine sum_of(const std::vector<const Row*>& rows);

}  // namespace cgtally::screen
