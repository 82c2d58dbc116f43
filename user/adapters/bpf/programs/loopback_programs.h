// SPDX-License-Identifier: Apache-2.0
// The program at `lo` in the netns of pods, which tells which port refused a connection and whose
// connection that was; and what it has counted. Only where that is asked for (--lo).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "core/base/result.h"
#include "core/lifecycle/aftermath.h"

namespace cgtally::bpf {

class Ledger;

// AftermathWatcher has one. One loaded program for all netns. Holds no netns: where a pod has gone,
// its hook has gone, too. Detaches at its end from those that live.
class LoopbackPrograms {
 public:
  // The ledger must outlive the result.
  static Result<LoopbackPrograms> load(const Ledger& ledger);
  LoopbackPrograms(LoopbackPrograms&&) noexcept;
  LoopbackPrograms& operator=(LoopbackPrograms&&) noexcept;
  ~LoopbackPrograms();

  // `process` is "/proc/PID" of one in the netns with that inode, which the calling thread enters
  // for the time of the call. Attaches again where somebody took the program away.
  Result<void> attach(std::uint64_t netns, const std::string& process);
  [[nodiscard]] bool is_attached(std::uint64_t netns) const;
  // The netns has gone.
  void forget(std::uint64_t netns);

  // All that is counted, in no order.
  [[nodiscard]] std::vector<PortRefusals> read() const;

 private:
  struct Impl;
  explicit LoopbackPrograms(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::bpf
