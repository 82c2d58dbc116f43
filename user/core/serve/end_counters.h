// SPDX-License-Identifier: Apache-2.0
// EndCounters: begins and ends of containers as counters by name, for a scrape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "core/lifecycle/row.h"

namespace cgtally::serve {

struct EndCount {
  std::uint64_t begins = 0;
  std::uint64_t ends = 0;
  std::uint64_t lossy = 0;  // after which something was lost
  std::uint64_t late_packets = 0;
  std::uint64_t late_payload = 0;  // bytes
  std::uint64_t refused = 0;       // connections
  Nanoseconds worst{};             // tail
};

// `serve` adds each row. The first `most` names have counters of their own, whatever ends later
// those of "(rest)": a name never moves between both.
class EndCounters {
 public:
  explicit EndCounters(std::size_t most) : most_(most) {}
  void add(const lifecycle::Row& row);
  [[nodiscard]] const std::map<std::string, EndCount>& counts() const { return counts_; }

 private:
  std::size_t most_;
  std::map<std::string, EndCount> counts_;
};

}  // namespace cgtally::serve
