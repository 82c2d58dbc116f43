// SPDX-License-Identifier: Apache-2.0
// What an instance would have to carry: bytes and packets of both directions, step by step. From a
// recording it is the sum over all accounts and interfaces, by their totals; imagined, it is one
// second that repeats. Memory follows the steps, not the rows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/replay/replay.h"
#include "core/traffic/sample.h"

namespace cgtally::sizing {

struct WorkloadStep {
  Nanoseconds elapsed{};  // never 0
  Traffic traffic;
};

struct Workload {
  std::vector<WorkloadStep> steps;

  [[nodiscard]] Traffic total() const;
  [[nodiscard]] Nanoseconds length() const;
};

struct RecordedWorkload {
  Workload load;
  std::set<std::string> interfaces;  // that were summed
  Nanoseconds first_wall{};
  std::size_t ledgers = 0;
  Observation gaps;  // not recorded: whatever moved there is charged evenly over the gap
};

class WorkloadBuilder {
 public:
  // Rows as for Replay::add. All of one host: an instance is one.
  Result<void> add(const Sample& row, std::string_view place);
  [[nodiscard]] Result<RecordedWorkload> finish() &&;

 private:
  struct Ledger {
    Nanoseconds begin = Nanoseconds::max();     // wall
    std::map<Nanoseconds, WorkloadStep> steps;  // by boot time; elapsed: the longest interval there
  };
  Replay replay_{[](std::string_view) { return true; }};
  std::string host_;
  RecordedWorkload recorded_;
  std::map<std::string, Ledger> ledgers_;
};

// So many responses of one size a second, each to one request.
struct Exchange {
  std::uint64_t per_second = 0;
  Bytes request;
  Bytes response;
};

// What one exchange moves as the server sees it: its requests come in, its responses go out.
// Payload alone has no packets.
[[nodiscard]] Traffic payload_of(const Exchange& exchange);
// With the headers of TCP over IPv4 on Ethernet: 66 B (14 + 20 + 32 with timestamps) for each
// segment of at most 1448 B, and one such packet the other way as ACK for every two segments.
[[nodiscard]] Traffic wire_of(const Exchange& exchange);
// The first as often as the exchange happens. An Error where that does not fit into 64 bits.
[[nodiscard]] Result<Workload> repeated(const Traffic& one, std::uint64_t per_second);

}  // namespace cgtally::sizing
