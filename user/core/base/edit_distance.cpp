// SPDX-License-Identifier: Apache-2.0
// Three rows of the usual table, and of each only what lies within `limit` of the diagonal: further
// off everything is over it.
#include "core/base/edit_distance.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace cgtally {
namespace {

constexpr std::size_t kLongestName = 127;  // no name is longer; what is, is like nothing

}  // namespace

std::optional<std::size_t> edit_distance(std::string_view a, std::string_view b,
                                         std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return std::nullopt;
  if (std::max(a.size(), b.size()) > kLongestName) return std::nullopt;
  std::array<std::array<std::size_t, kLongestName + 1>, 3> rows;
  std::size_t* before_last = rows[0].data();
  std::size_t* last = rows[1].data();
  std::size_t* row = rows[2].data();
  std::iota(row, row + b.size() + 1, std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    const std::size_t from = i > limit ? i - limit : 0;
    const std::size_t to = std::min(b.size(), i + limit);
    std::size_t least = row[from] = from == 0 ? i : limit + 1;
    for (std::size_t j = from + 1; j <= to; ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min(row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      if (j < i + limit) row[j] = std::min(row[j], last[j] + 1);
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return std::nullopt;
  }
  if (row[b.size()] > limit) return std::nullopt;
  return row[b.size()];
}

}  // namespace cgtally
