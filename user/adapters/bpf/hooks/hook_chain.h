// SPDX-License-Identifier: Apache-2.0
// Who sees an interface's packets at tc and before it, in the order in which they run: XDP (on the
// way in), tcx programs, filters of the clsact qdisc. Whoever runs before ours can end the chain or
// redirect, and blind us. Only looks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "core/base/result.h"

namespace cgtally::bpf {

struct ChainedProgram {
  enum class HookPoint : std::uint8_t { xdp, tcx, filter } point;
  std::uint32_t program_id = 0;  // 0: a filter that is no BPF program
  std::uint32_t preference = 0;  // of a filter
  std::string name;  // the program's, or the filter's kind; empty if it may not be asked

  bool operator==(const ChainedProgram&) const = default;
};

// In the calling thread's netns.
[[nodiscard]] Result<std::vector<ChainedProgram>> chain_at(int ifindex, HookDirection direction);

// Whether our program is still there, at tcx or as a filter.
[[nodiscard]] bool is_in(std::span<const ChainedProgram> chain, std::uint32_t own_program_id);
// Those in front of our program; all of them if it is not there.
[[nodiscard]] std::vector<ChainedProgram> before(std::span<const ChainedProgram> chain,
                                                 std::uint32_t own_program_id);

// `the tcx program "foo" (id 12)`, `the tc filter "flower" (pref 1)`
[[nodiscard]] std::string describe(const ChainedProgram& program);

// The same, for one who has a single question.
[[nodiscard]] Result<std::vector<ChainedProgram>> programs_before(int ifindex,
                                                                  HookDirection direction,
                                                                  std::uint32_t own_program_id);
[[nodiscard]] Result<bool> is_attached(int ifindex, HookDirection direction,
                                       std::uint32_t program_id);

}  // namespace cgtally::bpf
