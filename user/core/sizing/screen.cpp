// SPDX-License-Identifier: Apache-2.0
#include "core/sizing/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/traffic/direction.h"

namespace cgtally::sizing {
namespace {

constexpr std::uint64_t kShortPacket = 200;
constexpr std::size_t kLasts = 14;

std::uint64_t mean_packet(const Traffic& total, Direction direction) {
  const std::uint64_t packets = packets_of(total, direction).value;
  return packets == 0 ? 0 : bytes_of(total, direction).value / packets;
}

std::string direction_line(const Workload& load, Direction direction) {
  const Traffic total = load.total();
  BitRate peak;
  for (const WorkloadStep& step : load.steps) {
    const auto step_rate = rate(bytes_of(step.traffic, direction), step.elapsed);
    peak = std::max(peak, step_rate.value_or(BitRate{}));
  }
  const auto mean = rate(bytes_of(total, direction), load.length()).value_or(BitRate{});
  std::string line = fmt::format("{:<3}  mean {:>11}", direction == Direction::rx ? "in" : "out",
                                 format_bit_rate(mean));
  if (load.steps.size() > 1) line += fmt::format("  peak {:>11}", format_bit_rate(peak));
  const auto packets = rate(packets_of(total, direction), load.length()).value_or(PacketRate{});
  if (packets.packets_per_second > 0) {
    line += fmt::format("  {:>9} p/s of {:>6} B", format_packet_rate(packets),
                        format_count(mean_packet(total, direction)));
  }
  return line + '\n';
}

// Rounded down, so that a limit that is crossed never looks as if it were not.
std::string margin_text(double margin) {
  constexpr double kLeast = -9.99;
  if (margin < kLeast) return "<-999 %";
  if (margin <= -1) return fmt::format("{} %", static_cast<long>(std::floor(margin * 100)));
  const auto tenths = static_cast<long>(std::floor(margin * 1000));
  return fmt::format("{}{}.{} %", tenths < 0 ? "-" : "", std::abs(tenths) / 10,
                     std::abs(tenths) % 10);
}

std::string most_text(const std::optional<std::uint64_t>& most) {
  if (!most) return {};
  constexpr std::uint64_t kMostInFull = 9'999'999;
  return *most <= kMostInFull ? format_count(*most) : format_bit_rate_short({*most});
}

std::string row_text(const SizingRow& row, std::size_t name_width, bool counted, bool repeats) {
  const InstanceType& type = *row.type;
  const std::string middle =
      counted ? fmt::format("{:<7} {:>9}", row.counted, most_text(row.most_per_second))
              : fmt::format("{:>6} {:>4}", format_bit_rate_short(type.burst),
                            type.vcpus == 0 ? "-" : fmt::format("{}", type.vcpus));
  return fmt::format("{} {:>6} {}  {:<{}} {:>7} {}\n",
                     pad_right(repeats ? "" : printable(type.name), name_width),
                     repeats ? "" : format_bit_rate_short(type.baseline), middle, lasting(row.fit),
                     kLasts, margin_text(row.fit.margin), limit_name(row.fit.binds));
}

}  // namespace

std::string lasting(const Fit& fit) {
  if (fit.verdict == Verdict::for_ever) return "for ever";
  if (fit.verdict == Verdict::exceeds) return "too fast";
  const std::string from = format_duration(*fit.earliest);
  const std::string to = fit.latest ? format_duration(*fit.latest) : "never";
  return from == to ? from : fmt::format("{}..{}", from, to);
}

std::string sizing_table(const std::vector<SizingRow>& rows) {
  if (rows.empty()) return {};
  const bool counted = !rows.front().counted.empty();
  std::size_t width = 4;
  for (const SizingRow& row : rows) width = std::max(width, display_width(row.type->name));
  std::string table =
      fmt::format("{:<{}} {:>6} {}  {:<{}} {:>7} BINDS\n", "TYPE", width, "BASE",
                  counted ? "COUNTED    MOST/s" : " BURST VCPU", "LASTS", kLasts, "MARGIN");
  const InstanceType* before = nullptr;
  for (const SizingRow& row : rows) {
    table += row_text(row, width, counted, row.type == before);
    before = row.type;
  }
  return table;
}

std::string workload_lines(const Workload& load) {
  return direction_line(load, Direction::rx) + direction_line(load, Direction::tx);
}

std::string short_packets(const Workload& load) {
  const Traffic total = load.total();
  const std::uint64_t packets = total.rx_packets.value + total.tx_packets.value;
  if (packets == 0) return {};
  const std::uint64_t mean = (total.rx_bytes + total.tx_bytes).value / packets;
  if (mean >= kShortPacket) return {};
  return fmt::format(
      "SHORT    packets are short (mean {} B): a limit on packets a second may bind\n"
      "         before bandwidth does; AWS publishes none, so measure it: --pps-limit\n",
      mean);
}

}  // namespace cgtally::sizing
