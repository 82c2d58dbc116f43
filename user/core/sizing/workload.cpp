// SPDX-License-Identifier: Apache-2.0
// All rows of one moment make a step: their traffic over the time since the moment before.
#include "core/sizing/workload.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace cgtally::sizing {
namespace {

constexpr std::uint64_t kSegment = 1448;  // MTU 1500 less 40 of headers and 12 of timestamps
constexpr std::uint64_t kHeaders = 66;
constexpr std::uint64_t kMostPerSecond = 1'000'000'000'000'000;  // 1 PB: no network carries more

std::uint64_t segments(Bytes payload) {
  return payload.value == 0 ? 1 : (payload.value - 1) / kSegment + 1;
}

std::optional<std::uint64_t> product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result) || result > kMostPerSecond) return std::nullopt;
  return result;
}

}  // namespace

Traffic Workload::total() const {
  Traffic sum;
  for (const WorkloadStep& step : steps) sum += step.traffic;
  return sum;
}

Nanoseconds Workload::length() const {
  Nanoseconds sum{};
  for (const WorkloadStep& step : steps) sum += step.elapsed;
  return sum;
}

Result<void> WorkloadBuilder::add(const Sample& row, std::string_view where) {
  if (host_.empty()) host_ = row.host;
  if (row.host != host_) {
    return std::unexpected(
        usage_error(fmt::format("the recording is of several hosts: {} and {}", host_, row.host),
                    "give the rows of one host: an allowance belongs to one instance"));
  }
  const auto sample = replay_.add(row, where);
  if (!sample) return std::unexpected(sample.error());
  Ledger& ledger = ledgers_[row.ledger];
  ledger.begin = std::min(ledger.begin, row.taken.wall - row.interval);
  WorkloadStep& step = ledger.steps[row.taken.boot];
  step.elapsed = std::max(step.elapsed, row.interval);
  step.traffic += sample->delta;
  recorded_.interfaces.insert(row.iface);
  return {};
}

Result<RecordedWorkload> WorkloadBuilder::finish() && {
  const ReplayReport report = std::move(replay_).finish();
  if (report.overlaps.count > 0) {
    return std::unexpected(
        usage_error(fmt::format("two ledgers counted at the same time, from {}: their traffic "
                                "would be charged twice",
                                report.overlaps.first),
                    "give the recording of one of them"));
  }
  std::vector<const Ledger*> in_order;
  for (const auto& [name, ledger] : ledgers_) in_order.push_back(&ledger);
  std::ranges::sort(in_order, {}, &Ledger::begin);
  for (const Ledger* ledger : in_order) {
    std::optional<Nanoseconds> before;
    for (const auto& [boot, step] : ledger->steps) {
      const Nanoseconds elapsed = before ? boot - *before : step.elapsed;
      before = boot;
      if (elapsed <= Nanoseconds::zero()) continue;
      recorded_.load.steps.push_back({.elapsed = elapsed, .traffic = step.traffic});
    }
  }
  if (recorded_.load.steps.empty()) {
    return std::unexpected(Error{.what = "there is no measured interval in the recording",
                                 .hint = "record for longer than one interval"});
  }
  recorded_.first_wall = report.first_wall;
  recorded_.ledgers = ledgers_.size();
  recorded_.gaps = report.gaps;
  return std::move(recorded_);
}

Traffic payload_of(const Exchange& exchange) {
  return {.rx_bytes = exchange.request,
          .rx_packets = {},
          .tx_bytes = exchange.response,
          .tx_packets = {}};
}

Traffic wire_bytes_of(const Exchange& exchange) {
  const std::uint64_t asked = segments(exchange.request);
  const std::uint64_t answered = segments(exchange.response);
  const std::uint64_t in = asked + answered / 2;
  const std::uint64_t out = answered + asked / 2;
  return {.rx_bytes = exchange.request + Bytes{in * kHeaders},
          .rx_packets = {in},
          .tx_bytes = exchange.response + Bytes{out * kHeaders},
          .tx_packets = {out}};
}

Result<Workload> repeated(const Traffic& one, std::uint64_t per_second) {
  const auto in = product(one.rx_bytes.value, per_second);
  const auto out = product(one.tx_bytes.value, per_second);
  const auto in_packets = product(one.rx_packets.value, per_second);
  const auto out_packets = product(one.tx_packets.value, per_second);
  if (!in || !out || !in_packets || !out_packets) {
    return std::unexpected(
        usage_error("the traffic must be at most 1 PB a second", "give a smaller size or rate"));
  }
  return Workload{.steps = {{.elapsed = std::chrono::seconds{1},
                             .traffic = {.rx_bytes = {*in},
                                         .rx_packets = {*in_packets},
                                         .tx_bytes = {*out},
                                         .tx_packets = {*out_packets}}}}};
}

}  // namespace cgtally::sizing
