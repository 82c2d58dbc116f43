// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/lives.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <span>

#include "adapters/bpf/base/damage.h"
#include "adapters/bpf/base/map_batches.h"

namespace cgtally::bpf {
namespace {

LateTraffic late_from(const cgt_late& raw) {
  return {.packets = Packets{raw.packets},
          .payload = Bytes{raw.payload_bytes},
          .connections = raw.syn,
          .resets = raw.resets,
          .first = time_unless_zero(raw.first_ns),
          .last = time_unless_zero(raw.last_ns)};
}

CgroupLife life_from(std::uint64_t id, const cgt_life& raw) {
  return {.cgroup_id = id,
          .parent_id = raw.parent_id,
          .begun = time_unless_zero(raw.begun_ns),
          .ended = time_unless_zero(raw.ended_ns),
          .removed = time_unless_zero(raw.removed_ns),
          .late = late_from(raw.late),
          .late_at_end = late_from(raw.late_at_end)};
}

}  // namespace

std::size_t Lives::room() { return CGT_LIVES; }

Result<std::vector<CgroupLife>> Lives::read() const {
  std::vector<CgroupLife> all;
  const auto walked = for_each_batch<cgt_life>(
      fd_, "list the lives of cgroups",
      [&](std::span<const std::uint64_t> ids, std::span<const cgt_life> raw) {
        for (std::size_t i = 0; i < ids.size(); ++i) all.push_back(life_from(ids[i], raw[i]));
      });
  if (!walked) return std::unexpected(walked.error());
  return all;
}

std::optional<CgroupLife> Lives::find(std::uint64_t cgroup_id) const {
  cgt_life raw;
  if (bpf_map_lookup_elem(fd_, &cgroup_id, &raw) != 0) return std::nullopt;
  return life_from(cgroup_id, raw);
}

void Lives::forget(std::uint64_t cgroup_id) const { bpf_map_delete_elem(fd_, &cgroup_id); }

}  // namespace cgtally::bpf
