// SPDX-License-Identifier: Apache-2.0
// Runs one benchmark program many times on one packet (BPF_PROG_TEST_RUN) and takes the median.
// Knows the ledger's maps just enough to give the programs something to work on.
#pragma once

#include <bench.skel.h>

#include <cstdint>
#include <vector>

#include "adapters/bpf/skeleton.h"
#include "bench/flows.h"

namespace cgtally::bench {

struct Spread {
  double lowest_ns = 0;
  double median_ns = 0;
  double highest_ns = 0;
};

// The packet that is repeated; `payload` bytes behind its headers.
struct Frame {
  std::vector<std::uint8_t> bytes;
  Tuple tuple;
};
[[nodiscard]] Frame frame_of(Protocol protocol);

enum class WindowsKept : std::uint8_t {
  gated,    // as in production
  ungated,  // the clock is read for each packet
  none,
};

class Runner {
 public:
  static Result<Runner> load(WindowsKept windows = WindowsKept::gated);

  // What each turn changes: the tuple, relative to the frame's own, and the sender's cgroup.
  // `order` gives, for each turn, the index of a flow; its length is a power of two.
  Result<void> set_turns(const Frame& frame, const std::vector<Tuple>& tuples,
                         const std::vector<std::uint32_t>& order, std::uint32_t accounts);

  [[nodiscard]] const bench_bpf& programs() const { return *skeleton_; }
  // Nanoseconds for one run, over `rounds` rounds of `repeat` runs.
  Result<std::vector<double>> time(const bpf_program* program, const Frame& frame, int rounds,
                                   std::uint32_t repeat);
  // Share of runs for which the owner cache had the answer.
  Result<double> hit_share(const Frame& frame, std::uint32_t repeat);

 private:
  explicit Runner(bpf::Skeleton<bench_bpf> skeleton) : skeleton_(std::move(skeleton)) {}
  Result<void> fill_maps();
  Result<double> run(const bpf_program* program, const Frame& frame, std::uint32_t repeat);

  bpf::Skeleton<bench_bpf> skeleton_;
  sys::Fd run_time_statistics_;  // while open, the kernel reads the clock around each run
};

[[nodiscard]] Spread spread(std::vector<double> values);

}  // namespace cgtally::bench
