// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/programs/program_cost.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::bpf {

Result<sys::Fd> run_time_statistics() {
  sys::Fd fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
  if (!fd) {
    return std::unexpected(sys::error_from(errno, "measure what the programs cost",
                                           "run cgtally as root, or grant CAP_SYS_ADMIN"));
  }
  return fd;
}

ProgramCost cost_of(std::span<const std::uint32_t> program_ids) {
  ProgramCost cost;
  for (const std::uint32_t id : program_ids) {
    const sys::Fd program(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    std::uint32_t size = sizeof(info);
    if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) continue;
    cost.runs += info.run_cnt;
    cost.time += Nanoseconds(info.run_time_ns);
  }
  return cost;
}

}  // namespace cgtally::bpf
