// SPDX-License-Identifier: Apache-2.0
// Runs one benchmark program many times on one packet (BPF_PROG_TEST_RUN). Knows the ledger's maps
// just enough to give the programs something to work on.
#pragma once

#include <bench.skel.h>

#include <cstdint>
#include <vector>

#include "adapters/bpf/base/skeleton.h"
#include "bench/flows.h"
#include "bench/nat_flows.h"

namespace cgtally::bench {

struct Spread {
  double low_ns = 0;  // the lowest decile
  double median_ns = 0;
};

// The packet that is repeated.
struct Frame {
  std::vector<std::uint8_t> bytes;
  Tuple tuple;
  std::uint32_t gso_size = 0;  // payload of each segment, if it is a super-packet
};
[[nodiscard]] Frame frame_of(Protocol protocol);
// Two segments with TCP over IPv4.
[[nodiscard]] Frame super_packet();

enum class WindowsKept : std::uint8_t {
  gated,    // as in production
  fine,     // of 100 us, for bursts over 2.5 Gbit/s
  ungated,  // the clock is read for each packet
  none,
};

inline constexpr std::uint32_t kUsualTurns = 1U << 17;

class Runner {
 public:
  // `most_turns`: a power of two; set_turns takes no more.
  static Result<Runner> load(WindowsKept windows = WindowsKept::gated,
                             std::uint32_t most_turns = kUsualTurns);

  // What is behind the address of a pod.
  Result<void> set_endpoint(const PodEndpoint& pod);
  // What each turn changes: the tuple and the sender's cgroup.
  // `order` gives, for each turn, the index of a flow; its length is a power of two.
  Result<void> set_turns(const Frame& frame, const std::vector<Tuple>& tuples,
                         const std::vector<std::uint32_t>& order, std::uint32_t accounts);

  [[nodiscard]] const bench_bpf& programs() const { return *skeleton_; }
  [[nodiscard]] const bpf_object* object() const { return skeleton_->obj; }
  // The same turn again and again, or all of them.
  void stay_at_first_turn(bool stay);
  // Nanoseconds for one run, the mean of `repeat` runs.
  Result<double> run(const bpf_program* program, const Frame& frame, std::uint32_t repeat);
  // Share of runs for which the owner cache had the answer.
  Result<double> hit_share(const Frame& frame, std::uint32_t repeat);

 private:
  explicit Runner(bpf::Skeleton<bench_bpf> skeleton) : skeleton_(std::move(skeleton)) {}
  Result<void> fill_maps();
  Result<void> set_interface();

  bpf::Skeleton<bench_bpf> skeleton_;
  std::uint32_t turn_mask_ = 0;
  sys::Fd run_time_statistics_;  // while open, the kernel reads the clock around each run
};

[[nodiscard]] Spread spread(std::vector<double> values);

}  // namespace cgtally::bench
