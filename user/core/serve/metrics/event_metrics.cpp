// SPDX-License-Identifier: Apache-2.0
// Bursts, and begins and ends of containers.
#include <array>
#include <chrono>

#include "core/serve/metrics/metrics_document.h"

namespace cgtally::serve {
namespace {

struct EndFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t (*value)(const EndCount& count);
};

constexpr std::array kEndFamilies{
    EndFamily{"cgtally_container_begins", "Containers that began.",
              [](const EndCount& one) { return one.begins; }},
    EndFamily{"cgtally_container_ends", "Containers that ended.",
              [](const EndCount& one) { return one.ends; }},
    EndFamily{"cgtally_container_lossy_ends", "Ends after which requests found nobody.",
              [](const EndCount& one) { return one.lossy; }},
    EndFamily{"cgtally_container_late_packets", "Packets that came after the end.",
              [](const EndCount& one) { return one.late_packets; }},
    EndFamily{"cgtally_container_late_payload_bytes", "Payload that came after the end.",
              [](const EndCount& one) { return one.late_payload; }},
    EndFamily{"cgtally_container_refused_connections",
              "Connections that were refused in the pod after the end.",
              [](const EndCount& one) { return one.refused; }},
};

void write_burst_counters(ExpositionWriter& out, const BurstFigures& bursts, Nanoseconds begun) {
  out.family("cgtally_bursts", MetricType::counter, "Bursts that have ended, by cause.");
  for (const auto& [key, count] : bursts.counts) {
    for (std::size_t cause = 0; cause < kBurstCauses; ++cause) {
      out.sample({{"iface", key.first},
                  {"direction", direction_name(key.second)},
                  {"cause", cause_name(static_cast<BurstCause>(cause))}},
                 count.by_cause[cause], begun);
    }
  }
  out.family("cgtally_burst_bytes", MetricType::counter, "Bytes in bursts that have ended.");
  for (const auto& [key, count] : bursts.counts) {
    out.sample({{"iface", key.first}, {"direction", direction_name(key.second)}}, count.bytes,
               begun);
  }
}

template <std::size_t Count>
void write_histogram(ExpositionWriter& out, const BurstFigures& bursts,
                     const std::array<double, Count>& bounds,
                     const Buckets<Count> BurstCount::* buckets) {
  for (const auto& [key, count] : bursts.counts) {
    const std::string_view direction = direction_name(key.second);
    const Buckets<Count>& one = count.*buckets;
    for (std::size_t i = 0; i < Count; ++i) {
      out.bucket({{"iface", key.first}, {"direction", direction}}, bounds[i], one.at_most[i]);
    }
    out.end_of_buckets({{"iface", key.first}, {"direction", direction}}, one.count, one.sum);
  }
}

}  // namespace

void write_bursts(ExpositionWriter& out, const NodeState& state) {
  if (!state.bursts) return;
  const BurstFigures& bursts = *state.bursts;
  write_burst_counters(out, bursts, state.process.started);
  out.family("cgtally_burst_duration_seconds", MetricType::histogram, "Lengths of bursts.");
  write_histogram(out, bursts, kDurationBounds, &BurstCount::durations);
  out.family("cgtally_burst_size_bytes", MetricType::histogram, "Bytes of bursts.");
  write_histogram(out, bursts, kSizeBounds, &BurstCount::sizes);
  out.family("cgtally_bursts_under_way", MetricType::gauge,
             "Bursts that have lasted for long and go on.");
  for (const auto& [key, count] : bursts.counts) {
    std::uint64_t under_way = 0;
    for (const NamedBurst& one : bursts.under_way) {
      under_way += one.burst.iface == key.first && one.burst.direction == key.second ? 1U : 0U;
    }
    out.sample({{"iface", key.first}, {"direction", direction_name(key.second)}}, under_way);
  }
  out.family("cgtally_missed_windows", MetricType::counter,
             "Windows that could not be read: they may have held bursts.");
  out.sample({}, bursts.missed_windows, state.process.started);
}

void write_ends(ExpositionWriter& out, const NodeState& state) {
  if (!state.ends || state.ends->counts.empty()) return;
  for (const EndFamily& family : kEndFamilies) {
    out.family(family.name, MetricType::counter, family.help);
    for (const auto& [name, count] : state.ends->counts) {
      out.sample({{"name", name}}, family.value(count), state.process.started);
    }
  }
  out.family("cgtally_container_tail_seconds_max", MetricType::gauge,
             "The longest time after an end in which something was still lost.");
  for (const auto& [name, count] : state.ends->counts) {
    out.sample({{"name", name}}, std::chrono::duration<double>(count.worst).count());
  }
}

}  // namespace cgtally::serve
