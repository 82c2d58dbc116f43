// SPDX-License-Identifier: Apache-2.0
#include "core/sizing/screen.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace cgtally::sizing {
namespace {

constexpr std::uint64_t kShortPacket = 200;
constexpr std::size_t kLasts = 14;

struct Half {
  std::string_view name;
  Bytes Traffic::*bytes;
  Packets Traffic::*packets;
};
constexpr Half kIn{"in ", &Traffic::rx_bytes, &Traffic::rx_packets};
constexpr Half kOut{"out", &Traffic::tx_bytes, &Traffic::tx_packets};

std::uint64_t mean_packet(const Traffic& total, const Half& half) {
  const std::uint64_t packets = (total.*half.packets).value;
  return packets == 0 ? 0 : (total.*half.bytes).value / packets;
}

std::string load_line(const Workload& load, const Half& half) {
  const Traffic total = load.total();
  BitRate peak;
  for (const WorkloadStep& step : load.steps) {
    peak = std::max(peak, rate(step.traffic.*half.bytes, step.elapsed).value_or(BitRate{}));
  }
  const auto mean = rate(total.*half.bytes, load.length()).value_or(BitRate{});
  std::string line = std::string(half.name) + "  mean " + pad_left(format_bit_rate(mean), 11);
  if (load.steps.size() > 1) line += "  peak " + pad_left(format_bit_rate(peak), 11);
  const auto packets = rate(total.*half.packets, load.length()).value_or(PacketRate{});
  if (packets.packets_per_second == 0) return line + "\n";
  return line + "  " + pad_left(format_packet_rate(packets), 9) + " p/s of " +
         pad_left(format_count(mean_packet(total, half)), 6) + " B\n";
}

// Rounded towards less, so that what is not enough never looks like enough.
std::string percent(double margin) {
  constexpr double kLeast = -9.99;
  if (margin < kLeast) return "<-999 %";
  if (margin <= -1) return std::to_string(static_cast<long>(std::floor(margin * 100))) + " %";
  const auto tenths = static_cast<long>(std::floor(margin * 1000));
  return (tenths < 0 ? "-" : "") + std::to_string(std::abs(tenths) / 10) + "." +
         std::to_string(std::abs(tenths) % 10) + " %";
}

std::string most_text(const std::optional<std::uint64_t>& most) {
  if (!most) return {};
  constexpr std::uint64_t kMostInFull = 9'999'999;
  return *most <= kMostInFull ? format_count(*most) : format_bit_rate_short({*most});
}

std::string row_text(const SizingRow& row, std::size_t name_width, bool counted, bool repeats) {
  const std::string name = repeats ? "" : printable(row.type->name);
  std::string text = pad_right(name, name_width) + " " +
                     pad_left(repeats ? "" : format_bit_rate_short(row.type->baseline), 6);
  if (counted) {
    text += " " + pad_right(row.counted, 7) + " " + pad_left(most_text(row.most_per_second), 9);
  } else {
    text += " " + pad_left(format_bit_rate_short(row.type->burst), 6) + " " +
            pad_left(row.type->vcpus == 0 ? "-" : std::to_string(row.type->vcpus), 4);
  }
  return text + "  " + pad_right(lasting(row.fit), kLasts) + " " +
         pad_left(percent(row.fit.margin), 7) + " " + std::string(limit_name(row.fit.binds)) + "\n";
}

}  // namespace

std::string lasting(const Fit& fit) {
  if (fit.verdict == Verdict::for_ever) return "for ever";
  if (fit.verdict == Verdict::exceeds) return "too fast";
  const std::string from = format_duration(*fit.earliest);
  const std::string to = fit.latest ? format_duration(*fit.latest) : "never";
  return from == to ? from : from + ".." + to;
}

std::string sizing_table(const std::vector<SizingRow>& rows) {
  if (rows.empty()) return {};
  const bool counted = !rows.front().counted.empty();
  std::size_t width = 4;
  for (const SizingRow& row : rows) width = std::max(width, display_width(row.type->name));
  const std::string middle =
      counted ? " COUNTED " + pad_left("MOST/s", 9) : " " + pad_left("BURST", 6) + " VCPU";
  std::string table = pad_right("TYPE", width) + " " + pad_left("BASE", 6) + middle + "  " +
                      pad_right("LASTS", kLasts) + " " + pad_left("MARGIN", 7) + " BINDS\n";
  const InstanceType* before = nullptr;
  for (const SizingRow& row : rows) {
    table += row_text(row, width, counted, row.type == before);
    before = row.type;
  }
  return table;
}

std::string workload_lines(const Workload& load) {
  return load_line(load, kIn) + load_line(load, kOut);
}

std::string short_packets(const Workload& load) {
  const Traffic total = load.total();
  const std::uint64_t packets = total.rx_packets.value + total.tx_packets.value;
  if (packets == 0) return {};
  const std::uint64_t mean = (total.rx_bytes + total.tx_bytes).value / packets;
  if (mean >= kShortPacket) return {};
  return "SHORT    packets are short (mean " + std::to_string(mean) +
         " B): a limit on packets a second may bind\n"
         "         before bandwidth does; AWS publishes none, so measure it: --pps-limit\n";
}

}  // namespace cgtally::sizing
