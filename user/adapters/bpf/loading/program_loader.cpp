// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/loading/program_loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/core.h>
#include <plain.skel.h>
#include "cgtally/abi.h"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "adapters/bpf/base/step_down.h"
#include "adapters/bpf/loading/shared_programs.h"
#include "adapters/sys/clock.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

void configure(tally_bpf& programs, const ProgramConfig& config, const KernelFacts& facts) {
  auto& to = *programs.rodata;
  const cgt_header& ledger = config.ledger.header();
  configure_for_kernel(programs, facts);
  writable(to.netns_key) = config.netns_key;
  writable(to.slot_count) = ledger.slots;
  writable(to.l2_has_ethernet) = config.ethernet;
  if (config.facts.preempt_rt) return;
  writable(to.flow_jiffies) =
      static_cast<std::uint32_t>(Nanoseconds(std::chrono::seconds{1}) / sys::jiffy());
  writable(to.window_ns) = ledger.window_ns;
  writable(to.clock_read_bytes) = ledger.clock_read_bytes;
}

// Those with which this thread loads programs now; libbpf's callback is given no context.
thread_local const KernelFacts* loading_with = nullptr;

// A constant that says "do not call" is not enough: the verifier looks at all calls before it finds
// that they are never reached, and without a JIT ends there. So a call becomes r0 = 0.
int remove_calls(bpf_program* program, bpf_prog_load_opts* /*opts*/, long /*cookie*/) {
  if (!loading_with || (loading_with->rdonly_cast && loading_with->conntrack_lookup)) return 0;
  constexpr bpf_insn kZero{
      .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0};
  // In place: the number of instructions stays.
  auto* code = const_cast<bpf_insn*>(bpf_program__insns(program));
  for (bpf_insn& one : std::span(code, bpf_program__insn_cnt(program))) {
    if (one.code != (BPF_JMP | BPF_CALL) || one.src_reg != BPF_PSEUDO_KFUNC_CALL) continue;
    const bool casts = one.off == 0 && one.imm != 0 &&
                       static_cast<std::uint32_t>(one.imm) == loading_with->rdonly_cast_id;
    if (!(casts ? loading_with->rdonly_cast : loading_with->conntrack_lookup)) one = kZero;
  }
  return 0;
}

// For all programs of the section "tc", once for this process.
void watch_loads() {
  static std::once_flag once;
  std::call_once(once, [] {
    LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = remove_calls);
    libbpf_register_prog_handler("tc", BPF_PROG_TYPE_SCHED_CLS, static_cast<bpf_attach_type>(0),
                                 &handler);
  });
}

// Without functions of the kernel: an object that names none, for which libbpf need not look
// through the types of modules. The same maps, programs and constants, so it has the other's
// skeleton.
tally_bpf* open_object(const KernelFacts& facts) {
  if (facts.rdonly_cast || facts.conntrack_lookup) return tally_bpf::open();
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): destroy() frees it
  auto* const object = static_cast<tally_bpf*>(std::calloc(1, sizeof(tally_bpf)));
  if (!object || tally_bpf__create_skeleton(object) != 0) {
    tally_bpf::destroy(object);
    return nullptr;
  }
  object->skeleton->data = const_cast<void*>(plain_bpf::elf_bytes(&object->skeleton->data_sz));
  if (const int code = bpf_object__open_skeleton(object->skeleton, nullptr); code != 0) {
    tally_bpf::destroy(object);
    errno = -code;
    return nullptr;
  }
  return object;
}

}  // namespace

void configure_for_kernel(tally_bpf& programs, const KernelFacts& facts) {
  auto& to = *programs.rodata;
  writable(to.have_rdonly_cast) = facts.rdonly_cast;
  writable(to.have_conntrack) = facts.conntrack_lookup;
  writable(to.preempt_rt) = facts.preempt_rt;
}

Result<Skeleton<tally_bpf>> load_prepared(KernelFacts& facts, const PrepareLoad& prepare) {
  watch_loads();
  Skeleton<tally_bpf> programs;
  auto loaded = step_down(facts, [&](const KernelFacts& chosen) -> Result<void> {
    const LibbpfLog log;
    programs = Skeleton<tally_bpf>(open_object(chosen));
    if (!programs) return std::unexpected(sys::error_from(errno, "read the BPF object"));
    if (auto prepared = prepare(*programs, chosen); !prepared) return prepared;
    loading_with = &chosen;
    const int code = tally_bpf::load(programs.get());
    loading_with = nullptr;
    if (code != 0) {
      return std::unexpected(with_last_words(
          sys::error_from(-code, "load the tc programs", "see what is missing: cgtally doctor"),
          log));
    }
    return {};
  });
  if (!loaded) return std::unexpected(std::move(loaded).error());
  return programs;
}

Result<Skeleton<tally_bpf>> load_programs(const ProgramConfig& config) {
  const std::uint32_t cpus = config.ledger.rows() - 1;
  std::optional<sys::Fd> example;  // of an interface's windows, until the programs are loaded
  return load_prepared(config.facts, [&](tally_bpf& one, const KernelFacts& facts) -> Result<void> {
    config.ledger.share_with(one.obj);
    bpf_program__set_autoload(one.progs.cgt_origin, false);
    auto sized = InterfaceTable::size_windows(one.maps.cgt_windows, cpus);
    if (!sized) return std::unexpected(std::move(sized).error());
    example = *std::move(sized);
    configure(one, config, facts);
    return {};
  });
}

Result<Skeleton<tally_bpf>> load_for_move(const ProgramConfig& config, const MoveConfig& move) {
  const auto& theirs = move.moved.maps;
  return load_prepared(config.facts, [&](tally_bpf& one, const KernelFacts& facts) -> Result<void> {
    config.ledger.share_with(one.obj);
    for (const auto& [ours, moved] :
         {std::pair{one.maps.cgt_windows, theirs.cgt_windows},
          std::pair{one.maps.cgt_interfaces_here, theirs.cgt_interfaces_here}}) {
      if (bpf_map__reuse_fd(ours, bpf_map__fd(moved)) != 0) {
        return std::unexpected(sys::error_from(errno, "share the interfaces' settings"));
      }
    }
    configure(one, config, facts);
    auto& to = *one.rodata;
    writable(move.role == MoveRole::leads ? to.leads_move : to.follows_move) = move.number;
    const bool ingress = move.direction == HookDirection::ingress;
    bpf_program__set_autoload(one.progs.cgt_ingress, ingress);
    bpf_program__set_autoload(one.progs.cgt_egress, !ingress);
    bpf_program__set_autoload(one.progs.cgt_origin, false);
    return {};
  });
}

Result<Skeleton<tally_bpf>> load_origin(const Ledger& ledger, KernelFacts& facts) {
  return load_prepared(facts, [&](tally_bpf& one, const KernelFacts& chosen) -> Result<void> {
    ledger.share_with(one.obj);
    configure_for_kernel(one, chosen);
    bpf_map__set_autocreate(one.maps.cgt_windows, false);
    bpf_map__set_autocreate(one.maps.cgt_interfaces_here, false);
    bpf_program__set_autoload(one.progs.cgt_ingress, false);
    bpf_program__set_autoload(one.progs.cgt_egress, false);
    return {};
  });
}

std::uint32_t id_of(const bpf_program* program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.id : 0;
}

Error with_last_words(Error error, const LibbpfLog& log) {
  if (const std::string words = log.last_words(); !words.empty()) {
    error.what += fmt::format(" ({})", words);
  }
  return error;
}

}  // namespace cgtally::bpf
