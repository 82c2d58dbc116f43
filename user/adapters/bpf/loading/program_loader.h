// SPDX-License-Identifier: Apache-2.0
// Loads the two tc programs for the interfaces of a netns. What these have in common becomes
// constants of the programs, the ledger's maps are shared, and each interface has its windows.
#pragma once

#include <tally.skel.h>

#include <cstdint>
#include <functional>
#include <string>

#include "adapters/bpf/base/kernel_features.h"
#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/base/skeleton.h"
#include "adapters/bpf/hooks/hook.h"
#include "adapters/bpf/ledger/ledger.h"
#include "core/base/result.h"
#include "core/traffic/account.h"

namespace cgtally::bpf {

// The inputs of one load, which serves all interfaces of a netns whose packets begin alike.
struct ProgramConfig {
  const Ledger& ledger;
  KernelFacts& facts;  // functions that the kernel refuses are taken out: base/step_down.h
  std::uint32_t netns_key = 0;
  bool ethernet = true;  // else packets begin with their IP header
};

// The part of a program in the move of its filter to the head of its preference.
enum class MoveRole : std::uint8_t { leads, follows };

// One program that is attached only while a filter of `moved`, which are loaded, moves: both know
// the same interfaces. `number` is that of the move: no other move of this ledger has it.
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
Result<Skeleton<tally_bpf>> load_origin(const Ledger& ledger, KernelFacts& facts);

// Chooses maps, programs and constants of an object that is open.
using PrepareLoad = std::function<Result<void>(tally_bpf&, const KernelFacts&)>;
// Opens the object, lets `prepare` choose, and loads it: with the functions of the kernel that
// `facts` names, or as many of them as it takes.
Result<Skeleton<tally_bpf>> load_prepared(KernelFacts& facts, const PrepareLoad& prepare);
void configure_for_kernel(tally_bpf& programs, const KernelFacts& facts);
template <typename T>
T& writable(const T& rodata) {
  return const_cast<T&>(rodata);  // .rodata may be filled until it is loaded
}

[[nodiscard]] std::uint32_t id_of(const bpf_program* program);

// Adds libbpf's last message to `error`.
[[nodiscard]] Error with_last_words(Error error, const LibbpfLog& log);

}  // namespace cgtally::bpf
