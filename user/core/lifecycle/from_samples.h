// SPDX-License-Identifier: Apache-2.0
// Begins and ends of containers from a recording of samples: what it tells of them, which is less
// than what a ledger does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/containers/grouping.h"
#include "core/lifecycle/row.h"
#include "core/traffic/sample.h"

namespace cgtally::lifecycle {

// Fed by `replay --lifecycle` with the rows of recordings. An account has ended at its row
// `exited`, and has begun at its first row, unless the recording began with it. Times are right
// within an interval. After the end of a container in a pod it sums up what the pod's other
// containers took; what was refused to them, and late packets, a recording does not have.
class FromSamples {
 public:
  explicit FromSamples(Grouping by) : by_(by) {}

  void add(const Sample& row);
  // In the order of time. Without `ends`: those are the caller's.
  [[nodiscard]] std::vector<Row> finish() &&;

 private:
  using CgroupKey = std::pair<std::string, std::uint64_t>;  // host and ledger; cgroup
  struct Known {
    Row begun;
    bool from_begin = false;                // the recording has its begin
    std::optional<std::size_t> end;         // in ends_
    std::map<std::string, Traffic> totals;  // by interface
  };
  struct End {
    Row row;
    std::set<std::string> siblings;
    bool watched = true;  // nothing has taken its place in the pod
  };

  Known& know(const Sample& row);
  void note_end(const Sample& row, Known& known);
  void note_sibling(const Sample& row);

  Grouping by_;
  std::map<std::string, Nanoseconds> begins_;  // of each host and ledger: boot time
  std::map<CgroupKey, Known> known_;
  std::map<std::string, std::vector<std::size_t>> ends_in_pod_;  // into ends_
  std::vector<End> ends_;
};

}  // namespace cgtally::lifecycle
