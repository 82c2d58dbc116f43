// SPDX-License-Identifier: Apache-2.0
// The workload that an instance would have to carry: bytes and packets of both directions, step by
// step. A recorded workload is the sum over all accounts and interfaces, by their totals; an
// imagined one is a single second that repeats.
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
  std::set<std::string> interfaces;  // those that were summed
  Nanoseconds first_wall{};
  std::size_t ledgers = 0;
  Observation gaps;  // the traffic of a gap is spread evenly over the gap
};

// Makes a workload of recorded rows. Used by `cgtally size`; it reads no files, and its memory
// grows with the steps, not with the rows.
class WorkloadBuilder {
 public:
  // `where` ("a.csv: line 7") is for the Error. All rows must be of one host, since a host is one
  // instance, and satisfy Replay::add().
  Result<void> add(const Sample& row, std::string_view where);
  [[nodiscard]] Result<RecordedWorkload> finish() &&;

 private:
  struct Ledger {
    Nanoseconds begin = Nanoseconds::max();  // wall time
    // By boot time; `elapsed` is the longest interval of that moment's rows.
    std::map<Nanoseconds, WorkloadStep> steps;
  };
  Replay replay_{[](const Sample&) { return true; }};
  std::string host_;
  RecordedWorkload recorded_;
  std::map<std::string, Ledger> ledgers_;
};

// An imagined workload: `per_second` requests of one size, each with a response of one size.
struct Exchange {
  std::uint64_t per_second = 0;
  Bytes request;
  Bytes response;
};

// The payload of one exchange as the server sees it: the request comes in, the response goes out.
// Payload has no packets.
[[nodiscard]] Traffic payload_of(const Exchange& exchange);
// One exchange on the wire, with the headers of TCP over IPv4 on Ethernet: 66 B (14 + 20 + 32 with
// timestamps) for each segment of at most 1448 B, and for every two segments one ACK the other way.
[[nodiscard]] Traffic wire_bytes_of(const Exchange& exchange);
// One second of `per_second` exchanges. An Error above 1 PB a second.
[[nodiscard]] Result<Workload> repeated(const Traffic& one, std::uint64_t per_second);

}  // namespace cgtally::sizing
