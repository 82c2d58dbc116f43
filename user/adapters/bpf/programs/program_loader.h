// SPDX-License-Identifier: Apache-2.0
// Loads the two tc programs for one interface. The interface's settings become constants of the
// programs, the ledger's maps are shared, and the window map is the interface's own.
#pragma once

#include <tally.skel.h>

#include <cstdint>
#include <string>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/account.h"

struct cgt_interface;

namespace cgtally::bpf {

// The inputs of one load. `record` names the slots of the interface's reasons.
struct ProgramConfig {
  const Ledger& ledger;
  const KernelFacts& facts;
  std::uint32_t key = 0;
  std::uint32_t netns_key = 0;
  const cgt_interface& record;
  std::string windows_pin;  // of the windows, which then outlive the programs; empty: not pinned
  int windows_fd = -1;      // of the windows of the programs that these replace; -1: new ones
};

// The part of a program in the move of its filter to the head of its preference.
enum class MoveRole : std::uint8_t { leads, follows };

// One program that is attached only while the filter of `moved`, which are loaded, moves. `number`
// is that of the move: no other move of this ledger has it.
struct MoveConfig {
  const tally_bpf& moved;
  HookDirection direction = HookDirection::ingress;
  MoveRole role = MoveRole::leads;
  std::uint32_t number = 0;
};

Result<Skeleton<tally_bpf>> load_programs(const ProgramConfig& config);
// Loads the program of one direction only.
Result<Skeleton<tally_bpf>> load_for_move(const ProgramConfig& config, const MoveConfig& move);

// Loads cgt_origin only, which serves all hosts' ends of veths: it has no interface's settings.
Result<Skeleton<tally_bpf>> load_origin(const Ledger& ledger, const KernelFacts& facts);

[[nodiscard]] std::uint32_t id_of(const bpf_program* program);

// Adds libbpf's last message to `error`.
[[nodiscard]] Error with_last_words(Error error, const LibbpfLog& log);

}  // namespace cgtally::bpf
