// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/cgroups/aftermaths.h"

#include <bpf/bpf.h>
#include "cgtally/abi.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "adapters/bpf/base/damage.h"
#include "adapters/sys/error.h"

namespace cgtally::bpf {
namespace {

static_assert(static_cast<int>(AftermathState::cut) == CGT_AFTERMATH_CUT);

std::uint64_t raw_time(Nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

std::int64_t raw_time(const std::optional<Nanoseconds>& time) { return time ? time->count() : -1; }

std::optional<Nanoseconds> time_of(std::int64_t raw) {
  return raw < 0 ? std::nullopt : std::optional(time_in(static_cast<std::uint64_t>(raw)));
}

std::uint64_t data_packets(Packets packets, Packets without_data) {
  return packets.value - std::min(packets.value, without_data.value);
}

cgt_aftermath raw_of(const Aftermath& one) {
  const Traffic& traffic = one.traffic;
  return {
      .ended_ns = raw_time(one.ended),
      .netns = one.netns,
      .state = static_cast<std::uint32_t>(one.state),
      .flags = (one.counters_known ? 0U : CGT_AFTERMATH_NO_COUNTERS) |
               (one.base_known ? 0U : CGT_AFTERMATH_NO_BASE),
      .siblings = one.siblings,
      .reserved = 0,
      .base_before_ns = raw_time(one.base_before),
      .looked_ns = raw_time(one.looked),
      .watched_ns = raw_time(one.watched),
      .resolution_ns = raw_time(one.resolution),
      .rx_bytes = traffic.rx_bytes.value,
      .rx_packets = traffic.rx_packets.value,
      .tx_bytes = traffic.tx_bytes.value,
      .tx_packets = traffic.tx_packets.value,
      .rx_connections = traffic.tcp.rx_connections,
      .tx_connections = traffic.tcp.tx_connections,
      .rx_data_packets = data_packets(traffic.rx_packets, traffic.tcp.rx_without_data),
      .tx_data_packets = data_packets(traffic.tx_packets, traffic.tcp.tx_without_data),
      .first_traffic_ns = raw_time(one.first_traffic),
      .last_traffic_ns = raw_time(one.last_traffic),
      .refused = one.refused,
      .resets = one.resets,
      .aborted = one.aborted,
      .refused_by_first_look = one.refused_by_first_look,
      .first_refused_ns = raw_time(one.first_refused),
      .last_refused_ns = raw_time(one.last_refused),
      .refused_before = one.refused_before,
      .refused_before_ns = raw_time(one.refused_before_since),
      .named = one.named.count,
      .caller_id = one.named.caller_id,
      .port = one.named.port,
      .reserved_2 = 0,
  };
}

Traffic traffic_of(const cgt_aftermath& raw) {
  Traffic traffic;
  traffic.rx_bytes = {raw.rx_bytes};
  traffic.rx_packets = {raw.rx_packets};
  traffic.tx_bytes = {raw.tx_bytes};
  traffic.tx_packets = {raw.tx_packets};
  traffic.tcp.rx_connections = raw.rx_connections;
  traffic.tcp.tx_connections = raw.tx_connections;
  traffic.tcp.rx_without_data = {raw.rx_packets - std::min(raw.rx_packets, raw.rx_data_packets)};
  traffic.tcp.tx_without_data = {raw.tx_packets - std::min(raw.tx_packets, raw.tx_data_packets)};
  return traffic;
}

Aftermath aftermath_of(const cgt_aftermath& raw) {
  const auto last = static_cast<std::uint32_t>(AftermathState::cut);
  return {
      .ended = time_in(raw.ended_ns),
      .netns = raw.netns,
      .state = static_cast<AftermathState>(std::min(raw.state, last)),
      .siblings = raw.siblings,
      .base_before = time_in(raw.base_before_ns),
      .looked = time_in(raw.looked_ns),
      .watched = time_in(raw.watched_ns),
      .resolution = time_in(raw.resolution_ns),
      .traffic = traffic_of(raw),
      .first_traffic = time_of(raw.first_traffic_ns),
      .last_traffic = time_of(raw.last_traffic_ns),
      .counters_known = (raw.flags & CGT_AFTERMATH_NO_COUNTERS) == 0,
      .base_known = (raw.flags & CGT_AFTERMATH_NO_BASE) == 0,
      .refused = raw.refused,
      .resets = raw.resets,
      .aborted = raw.aborted,
      .refused_by_first_look = raw.refused_by_first_look,
      .first_refused = time_of(raw.first_refused_ns),
      .last_refused = time_of(raw.last_refused_ns),
      .refused_before = raw.refused_before,
      .refused_before_since = time_in(raw.refused_before_ns),
      .named = {.netns = raw.named > 0 ? raw.netns : 0,
                .port = static_cast<std::uint16_t>(raw.port),
                .caller_id = raw.caller_id,
                .count = raw.named},
  };
}

// As far as they can be listed while others write.
std::vector<std::uint64_t> aftermath_ids(int fd) {
  std::vector<std::uint64_t> ids;
  std::uint64_t before = 0;
  std::uint64_t id = 0;
  while (ids.size() < CGT_AFTERMATHS &&
         bpf_map_get_next_key(fd, ids.empty() ? nullptr : &before, &id) == 0) {
    ids.push_back(id);
    before = id;
  }
  return ids;
}

}  // namespace

std::size_t Aftermaths::room() { return CGT_AFTERMATHS; }

std::optional<Aftermath> Aftermaths::find(std::uint64_t cgroup_id) const {
  cgt_aftermath raw;
  if (bpf_map_lookup_elem(fd_, &cgroup_id, &raw) != 0) return std::nullopt;
  return aftermath_of(raw);
}

void Aftermaths::for_each(const OnAftermath& on_aftermath) const {
  for (const std::uint64_t id : aftermath_ids(fd_)) {
    if (const auto aftermath = find(id)) on_aftermath(id, *aftermath);
  }
}

Result<void> Aftermaths::write(std::uint64_t cgroup_id, const Aftermath& aftermath) const {
  const cgt_aftermath raw = raw_of(aftermath);
  if (bpf_map_update_elem(fd_, &cgroup_id, &raw, BPF_ANY) == 0) return {};
  return std::unexpected(sys::error_from(errno, "write down what followed a container's end"));
}

void Aftermaths::cut_unfinished() const {
  for_each([this](std::uint64_t id, Aftermath aftermath) {
    if (aftermath.state != AftermathState::watching) return;
    aftermath.state = AftermathState::cut;
    (void)write(id, aftermath);
  });
}

std::size_t Aftermaths::size() const { return aftermath_ids(fd_).size(); }

void Aftermaths::forget_oldest() const {
  std::vector<std::pair<Nanoseconds, std::uint64_t>> all;
  for_each([&](std::uint64_t id, const Aftermath& one) { all.emplace_back(one.ended, id); });
  std::ranges::sort(all);
  all.resize(all.size() / 2);
  for (const auto& [ended, id] : all) bpf_map_delete_elem(fd_, &id);
}

}  // namespace cgtally::bpf
