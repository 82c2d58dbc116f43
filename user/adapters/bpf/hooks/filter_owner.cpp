// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/hooks/filter_owner.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/netlink/filters.h"
#include "adapters/sys/fd.h"

namespace cgtally::bpf {
namespace {

constexpr std::string_view kLivenessProgram = "cgt_liveness";
constexpr std::array<std::string_view, 2> kMaps = {"cgt_cells", "cgt_cpus"};
constexpr std::string_view kOrigin = "cgt_origin";
constexpr std::string_view kRefused = "cgt_refused";
constexpr std::size_t kMostMaps = 64;

struct Program {
  std::string_view name() const { return info.name; }
  bpf_prog_info info{};
  std::vector<std::uint32_t> maps;
};

std::optional<Program> program_by_id(std::uint32_t id) {
  const sys::Fd fd(bpf_prog_get_fd_by_id(id));
  if (!fd) return std::nullopt;
  Program program;
  std::array<std::uint32_t, kMostMaps> maps{};
  program.info.nr_map_ids = kMostMaps;
  program.info.map_ids = reinterpret_cast<std::uintptr_t>(maps.data());
  std::uint32_t size = sizeof(program.info);
  if (bpf_obj_get_info_by_fd(fd.get(), &program.info, &size) != 0) return std::nullopt;
  const auto count = std::min<std::size_t>(program.info.nr_map_ids, kMostMaps);
  program.maps.assign(maps.begin(), maps.begin() + static_cast<std::ptrdiff_t>(count));
  return program;
}

std::optional<std::uint32_t> program_of_link(std::uint32_t link_id) {
  const sys::Fd fd(bpf_link_get_fd_by_id(link_id));
  if (!fd) return std::nullopt;
  bpf_link_info info{};
  std::uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) return std::nullopt;
  return info.prog_id;
}

bool share_a_map(const Program& a, const Program& b) {
  return std::ranges::any_of(
      a.maps, [&](std::uint32_t id) { return std::ranges::find(b.maps, id) != b.maps.end(); });
}

bool is_of_a_ledger(std::uint32_t map_id) {
  const sys::Fd fd(bpf_map_get_fd_by_id(map_id));
  bpf_map_info info{};
  std::uint32_t size = sizeof(info);
  return fd && bpf_obj_get_info_by_fd(fd.get(), &info, &size) == 0 &&
         std::ranges::find(kMaps, std::string_view(info.name)) != kMaps.end();
}

}  // namespace

// Anybody may call a filter as ours are called, and orphaned filters of ours are deleted.
bool is_packet_program(const netlink::Filter& filter) {
  const bool named = filter.bpf_name.starts_with("cgt_ingress") ||
                     filter.bpf_name.starts_with("cgt_egress") ||
                     filter.bpf_name.starts_with(kOrigin);
  if (!named) return false;
  const auto program = program_by_id(filter.bpf_program_id);
  if (!program) return true;
  return std::ranges::any_of(program->maps, is_of_a_ledger);
}

bool is_origin_of(const netlink::Filter& filter, std::uint32_t map_id) {
  if (!filter.bpf_name.starts_with(kOrigin) && !filter.bpf_name.starts_with(kRefused)) return false;
  const auto program = program_by_id(filter.bpf_program_id);
  return program && std::ranges::find(program->maps, map_id) != program->maps.end();
}

bool owner_process_alive(std::uint32_t program_id) {
  const auto program = program_by_id(program_id);
  if (!program) return true;
  std::uint32_t link = 0;
  while (bpf_link_get_next_id(link, &link) == 0) {
    const auto linked = program_of_link(link);
    if (!linked) continue;
    const auto liveness = program_by_id(*linked);
    if (liveness && liveness->name() == kLivenessProgram && share_a_map(*program, *liveness))
      return true;
  }
  return errno != ENOENT;  // any code but "no more links" means that we may not look
}

}  // namespace cgtally::bpf
