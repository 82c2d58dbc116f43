// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/program_cost.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "adapters/sys/error.h"
#include "adapters/sys/host.h"

namespace cgtally::bpf {

namespace {

ProgramCost cost_of(const sys::Fd& program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return {};
  return {.runs = info.run_cnt, .time = Nanoseconds(info.run_time_ns)};
}

}  // namespace

Result<sys::Fd> run_time_statistics() {
  sys::Fd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!fd) {
    return std::unexpected(sys::error_from(errno, "measure what the programs cost",
                                           "run cgtally as root, or grant CAP_SYS_ADMIN"));
  }
  return fd;
}

std::optional<Nanoseconds> time_of_statistics() {
  constexpr std::array<bpf_insn, 2> kDoNothing{
      bpf_insn{
          .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = -1},
      bpf_insn{.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};
  constexpr int kRounds = 10;
  constexpr int kRunsInARow = 200;
  const sys::Fd program(bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "cgt_nothing", "Dual BSD/GPL",
                                      kDoNothing.data(), kDoNothing.size(), nullptr));
  if (!program) return std::nullopt;
  std::array<char, 64> frame{};
  LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.data(), .data_size_in = frame.size(),
              .repeat = kRunsInARow);
  std::optional<Nanoseconds> least;
  ProgramCost before;
  for (int round = 0; round < kRounds; ++round) {
    if (bpf_prog_test_run_opts(program.get(), &run) != 0) return std::nullopt;
    const ProgramCost now = cost_of(program);
    if (now.runs == before.runs) return std::nullopt;
    const Nanoseconds each =
        (now.time - before.time) / static_cast<std::int64_t>(now.runs - before.runs);
    least = std::min(least.value_or(each), each);
    before = now;
  }
  return least;
}

ProgramCost cost_of(std::span<const std::uint32_t> program_ids) {
  ProgramCost cost;
  for (const std::uint32_t id : program_ids) cost += cost_of(sys::Fd(bpf_prog_get_fd_by_id(id)));
  return cost;
}

CountingCost counting_cost(const ProgramCost& cost, std::optional<Nanoseconds> statistics,
                           Nanoseconds measured) {
  const Nanoseconds theirs =
      statistics.value_or(Nanoseconds::zero()) * static_cast<std::int64_t>(cost.runs);
  return {.runs = cost.runs,
          .time = std::max(cost.time - theirs, Nanoseconds::zero()),
          .statistics = statistics,
          .measured = measured,
          .cpus = sys::online_cpus()};
}

}  // namespace cgtally::bpf
