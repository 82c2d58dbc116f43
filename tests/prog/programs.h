// SPDX-License-Identifier: Apache-2.0
// The two tc programs, loaded but attached to nothing, run on one frame at a time by
// BPF_PROG_TEST_RUN; the device is the loopback of the calling thread's netns. What a run booked is
// the difference that it made in the ledger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/hooks/hook.h"
#include "core/traffic/account.h"
#include "core/traffic/interface.h"
#include "core/traffic/traffic.h"
#include "harness/traffic/frames.h"
#include "tally.skel.h"

namespace cgtally::prog {

using bpf::HookDirection;

// What the loader would find out about a kernel.
struct Choices {
  bool rdonly_cast = true;
  bool conntrack_lookup = true;
  bool preempt_rt = false;
  std::uint64_t window_ns = 1'000'000;
  std::uint32_t clock_read_bytes = 16384;
};

struct Outcome {
  std::int32_t answer = 0;            // what the program returned
  std::map<Account, Traffic> booked;  // by this run alone
};

class Programs {
 public:
  // Ours are the loopback addresses and those given.
  explicit Programs(const std::vector<IpAddress>& addresses = {}, const Choices& choices = {});

  // `gso_size` 0: an ordinary packet.
  Outcome run(HookDirection direction, const harness::Frame& frame,
              std::uint32_t gso_size = 0) const;

  // The same without a look at the books: microseconds instead of milliseconds.
  std::int32_t answer(HookDirection direction, const harness::Frame& frame,
                      std::uint32_t gso_size = 0) const;

  // Those of a run's interface, and of whom a window says that it weighs most.
  [[nodiscard]] int windows_fd() const { return windows_.get(); }
  [[nodiscard]] std::uint32_t cpus() const { return cpus_; }
  [[nodiscard]] Traffic total() const;
  [[nodiscard]] std::map<Account, Traffic> books() const;

 private:
  void fill_maps(const std::vector<IpAddress>& addresses) const;
  void set_interface();

  bpf::Skeleton<tally_bpf> skeleton_;
  std::uint32_t cpus_;
  sys::Fd windows_;
};

}  // namespace cgtally::prog
