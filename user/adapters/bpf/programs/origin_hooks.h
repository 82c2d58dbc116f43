// SPDX-License-Identifier: Apache-2.0
// The program cgt_origin at the host-side devices of endpoints: it hands the cgroup of a packet's
// sender over to the program at the uplink's egress.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "core/base/result.h"

namespace cgtally::bpf {

class Ledger;
struct KernelFacts;

// One program for all devices, because it has no settings; loaded when the first device needs it.
// Shared by the hooks of all netns, and used by one thread at a time.
class OriginProgram {
 public:
  // Shares the CPUs' memory of `ledger`, which must outlive it, with the programs of the uplinks.
  OriginProgram(const Ledger& ledger, KernelFacts facts);
  ~OriginProgram();
  OriginProgram(const OriginProgram&) = delete;
  OriginProgram& operator=(const OriginProgram&) = delete;

  // Loads it if it is not loaded yet.
  [[nodiscard]] Result<Hook> attach(int ifindex);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The hooks in one netns; ends with this process. Its thread must be in that netns.
class OriginHooks {
 public:
  explicit OriginHooks(std::shared_ptr<OriginProgram> program) : program_(std::move(program)) {}

  // Attaches to those of `devices` (ifindexes) that have no hook, and detaches from all others.
  // Returns the first Error, each device's once; the other devices are not affected.
  Result<void> update(const std::set<int>& devices);
  // Attaches again where somebody took the program away.
  void reattach();
  [[nodiscard]] std::size_t size() const { return hooks_.size(); }

 private:
  Result<void> attach(int ifindex);

  std::shared_ptr<OriginProgram> program_;
  std::map<int, Hook> hooks_;
  std::set<int> refused_;
};

}  // namespace cgtally::bpf
