// SPDX-License-Identifier: Apache-2.0
// --by for recordings: the rows of one name at one moment become one row.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/containers/grouping.h"
#include "core/traffic/sample.h"

namespace cgtally {

// The sample as one of its group's; unchanged if it has none.
[[nodiscard]] Sample as_group(Grouping by, Sample sample);

// `replay --csv` has one. A group's total is what its first rows say, and from then on the sum of
// the differences: it never falls, and never leaps when a cgroup with a past joins. Its rows go on
// with `live` through the end of a cgroup as long as another one of the name lives.
class SampleGroups {
 public:
  explicit SampleGroups(Grouping by) : by_(by) {}

  // Rows come in the order of their moments. Returns the rows of the moment before, once there are
  // all.
  [[nodiscard]] std::vector<Sample> add(const Sample& row);
  [[nodiscard]] std::vector<Sample> finish();

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;  // host, ledger,
                                                                               // iface, account
  struct Group {
    Traffic totals;
    std::set<std::uint64_t> alive;
    bool has_rows = false;  // of an earlier moment
    std::optional<std::size_t> place;
  };
  void join(const Sample& row, Sample named);

  Grouping by_;
  std::map<Key, Group> groups_;
  std::vector<Sample> rows_;  // of this moment
};

}  // namespace cgtally
