// SPDX-License-Identifier: Apache-2.0
// Lists the programs that see an interface's packets at tc and before, in the order in which they
// run: XDP (ingress only), tcx programs, filters of the clsact qdisc. A program before ours can end
// the chain or redirect the packet, which then is not counted. Changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "adapters/bpf/hooks/hook.h"
#include "core/base/result.h"

namespace cgtally::bpf {

// One program or filter of the chain.
struct ChainedProgram {
  enum class HookPoint : std::uint8_t { xdp, tcx, filter } point;
  std::uint32_t program_id = 0;  // 0: a filter that is not a BPF program
  std::uint32_t preference = 0;  // of a filter
  std::string name;              // of the program, or the filter's kind; empty if we may not ask

  bool operator==(const ChainedProgram&) const = default;
};

// The chain of an interface in the calling thread's netns.
[[nodiscard]] Result<std::vector<ChainedProgram>> chain_at(int ifindex, HookDirection direction);

// Tells whether our program is still there, at tcx or as a filter.
[[nodiscard]] bool is_in(std::span<const ChainedProgram> chain, std::uint32_t own_program_id);
// The programs before ours; all of them if ours is not there.
[[nodiscard]] std::vector<ChainedProgram> before(std::span<const ChainedProgram> chain,
                                                 std::uint32_t own_program_id);

// Text for a notice: `the tcx program "foo" (id 12)`, `the tc filter "flower" (pref 1)`.
[[nodiscard]] std::string describe(const ChainedProgram& program);

// chain_at() and before(), chain_at() and is_in(), for callers that need only one of the two.
[[nodiscard]] Result<std::vector<ChainedProgram>> programs_before(int ifindex,
                                                                  HookDirection direction,
                                                                  std::uint32_t own_program_id);
[[nodiscard]] Result<bool> is_attached(int ifindex, HookDirection direction,
                                       std::uint32_t program_id);

}  // namespace cgtally::bpf
