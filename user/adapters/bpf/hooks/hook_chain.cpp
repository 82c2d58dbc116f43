// SPDX-License-Identifier: Apache-2.0
// tcx runs before the clsact qdisc of the same device. Filters are listed by the kernel in the
// order in which they run.
#include "adapters/bpf/hooks/hook_chain.h"

#include <bpf/bpf.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

#include "adapters/bpf/base/libbpf_log.h"
#include "adapters/bpf/hooks/tcx_type.h"
#include "adapters/netlink/device_counters.h"
#include "adapters/netlink/filters.h"
#include "adapters/sys/error.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {
namespace {

using Chain = std::vector<ChainedProgram>;
using HookPoint = ChainedProgram::HookPoint;

constexpr std::uint32_t kMostTcxPrograms = 64;  // the kernel's own limit

std::string program_name(std::uint32_t id) {
  const sys::Fd program(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  std::uint32_t size = sizeof(info);
  if (!program || bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return {};
  return info.name;
}

Result<void> add_xdp(Chain& chain, int ifindex) {
  const auto device = netlink::device_counters(ifindex);
  if (!device) return std::unexpected(device.error());
  for (const auto& xdp : device->xdp) {
    chain.push_back({HookPoint::xdp, xdp.program_id, 0, program_name(xdp.program_id)});
  }
  return {};
}

Result<void> add_tcx(Chain& chain, int ifindex, HookDirection direction) {
  std::vector<std::uint32_t> ids(kMostTcxPrograms);
  auto count = kMostTcxPrograms;
  const int code = bpf_prog_query(ifindex, tcx_type(direction), 0, nullptr, ids.data(), &count);
  if (code == -EINVAL) return {};  // a kernel without tcx
  if (code < 0) return std::unexpected(sys::error_from(-code, "list the tcx programs"));
  ids.resize(std::min(count, kMostTcxPrograms));
  for (const auto id : ids) chain.push_back({HookPoint::tcx, id, 0, program_name(id)});
  return {};
}

// The program's name, or the filter's own name without the ":[id]" that libbpf appends.
std::string filter_name(const netlink::Filter& filter) {
  if (filter.bpf_program_id == 0) return filter.kind;
  const std::string name = program_name(filter.bpf_program_id);
  return name.empty() ? filter.bpf_name.substr(0, filter.bpf_name.find(":[")) : name;
}

Result<void> add_filters(Chain& chain, int ifindex, HookDirection direction) {
  const auto filters =
      netlink::list_filters(ifindex, direction == HookDirection::ingress ? netlink::Chain::ingress
                                                                         : netlink::Chain::egress);
  if (!filters) return std::unexpected(filters.error());
  for (const auto& filter : *filters) {
    if (filter.handle == 0 || filter.chain != 0) continue;
    chain.push_back(
        {HookPoint::filter, filter.bpf_program_id, filter.preference, filter_name(filter)});
  }
  return {};
}

// An XDP program is never ours.
auto find_own(std::span<const ChainedProgram> chain, std::uint32_t id) {
  return std::ranges::find_if(chain, [id](const ChainedProgram& program) {
    return program.point != HookPoint::xdp && program.program_id == id && id != 0;
  });
}

}  // namespace

Result<Chain> chain_at(int ifindex, HookDirection direction) {
  const LibbpfLog log;
  Chain chain;
  if (direction == HookDirection::ingress) {
    if (auto added = add_xdp(chain, ifindex); !added) return std::unexpected(added.error());
  }
  if (auto added = add_tcx(chain, ifindex, direction); !added) {
    return std::unexpected(added.error());
  }
  if (auto added = add_filters(chain, ifindex, direction); !added) {
    return std::unexpected(added.error());
  }
  return chain;
}

bool is_in(std::span<const ChainedProgram> chain, std::uint32_t own_program_id) {
  return find_own(chain, own_program_id) != chain.end();
}

Chain before(std::span<const ChainedProgram> chain, std::uint32_t own_program_id) {
  return {chain.begin(), find_own(chain, own_program_id)};
}

std::string describe(const ChainedProgram& program) {
  const std::string name = program.name.empty() ? "" : fmt::format(" \"{}\"", program.name);
  const std::string id = fmt::format("id {}", program.program_id);
  switch (program.point) {
    case HookPoint::xdp:
      return fmt::format("the XDP program{} ({})", name, id);
    case HookPoint::tcx:
      return fmt::format("the tcx program{} ({})", name, id);
    case HookPoint::filter:
      break;
  }
  return fmt::format("the tc filter{} (pref {}{})", name, program.preference,
                     program.program_id != 0 ? ", " + id : "");
}

Result<Chain> programs_before(int ifindex, HookDirection direction, std::uint32_t own_program_id) {
  auto chain = chain_at(ifindex, direction);
  if (!chain) return chain;
  return before(*chain, own_program_id);
}

Result<bool> is_attached(int ifindex, HookDirection direction, std::uint32_t program_id) {
  const auto chain = chain_at(ifindex, direction);
  if (!chain) return std::unexpected(chain.error());
  return is_in(*chain, program_id);
}

}  // namespace cgtally::bpf
