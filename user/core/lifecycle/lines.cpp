// SPDX-License-Identifier: Apache-2.0
#include "core/lifecycle/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally::lifecycle {
namespace {

constexpr std::string_view kIndent = "                    ";  // below the name

// "11:42:07.113Z", with the date in front: ends from the ledger may be days old.
std::string time_of(Nanoseconds wall) {
  const std::string text = format_timestamp(wall);
  return fmt::format("{} {}Z", text.substr(5, 5), text.substr(11, 12));
}

// "1 482 ms"
std::string milliseconds(Nanoseconds span) {
  const auto ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(span < Nanoseconds{} ? -span : span);
  return format_count(static_cast<std::uint64_t>(ms.count()));
}

std::string when(const Tail& tail) {
  const auto one = [](Nanoseconds time) {
    const bool before = time <= -std::chrono::milliseconds{1};
    return fmt::format("{}{}", before ? "-" : "", milliseconds(time));
  };
  if (!tail.first) return fmt::format("the last one {} ms after the end", one(tail.last));
  return fmt::format("from {} to {} ms after the end", one(*tail.first), one(tail.last));
}

std::string late_words(const Row& row) {
  const Late& late = row.late;
  std::string words = fmt::format(
      "late: {}, payload {}, {}, {} answered", counted(late.packets.value, "packet", "packets"),
      format_bytes(late.payload), counted(late.connections, "new connection", "new connections"),
      counted(late.resets, "reset", "resets"));
  if (late.tail) words += fmt::format("; {}", when(*late.tail));
  return words;
}

std::uint64_t data_packets(const Traffic& traffic) {
  const std::uint64_t empty = traffic.tcp.rx_without_data.value;
  return traffic.rx_packets.value - std::min(empty, traffic.rx_packets.value);
}

std::string pod_words(const InsidePod& pod) {
  std::string words =
      pod.refusals_known
          ? fmt::format("in the pod: {} refused", counted(pod.refused, "connection", "connections"))
          : std::string("in the pod: what was refused is not known");
  if (pod.refused_before > 0) {
    words += fmt::format(", {} more just before the end", format_count(pod.refused_before));
  }
  if (pod.tail) words += fmt::format(", {}", when(*pod.tail));
  words +=
      fmt::format("; {} lived on", pod.names.empty() ? counted(pod.siblings, "sibling", "siblings")
                                                     : printable(pod.names));
  if (pod.traffic.bytes() > 0) {
    words +=
        fmt::format(" and took {} in {} with payload, {}", format_bytes(pod.traffic.rx_bytes),
                    counted(data_packets(pod.traffic), "packet", "packets"),
                    counted(pod.traffic.tcp.rx_connections, "new connection", "new connections"));
  }
  if (pod.quiet && *pod.quiet > Nanoseconds{})
    words += fmt::format("; quiet after {}", format_duration(*pod.quiet));
  return words;
}

std::string delay_words(const Row& row) {
  const Nanoseconds tail = tail_of(row).value_or(Nanoseconds{});
  std::string words = fmt::format("a preStop delay of {} s would have covered it ({})",
                                  covering_delay_s(tail), format_duration(tail));
  if (row.ends.count > 1) {
    words += fmt::format("; its last {} ends: median {}, worst {}, so {} s", row.ends.count,
                         format_duration(row.ends.median), format_duration(row.ends.worst),
                         covering_delay_s(row.ends.worst));
  }
  return words;
}

class Block {
 public:
  explicit Block(std::size_t width) : width_(width) {}
  void add(const std::string& words) {
    const std::size_t room = width_ - kIndent.size();
    for (const std::string& line : wrap(words, room, 2)) {
      lines_.push_back(fmt::format("{}{}", kIndent, line));
    }
  }
  void add_first(std::string line) { lines_.push_back(std::move(line)); }
  [[nodiscard]] std::vector<std::string> lines() && { return std::move(lines_); }

 private:
  std::size_t width_;
  std::vector<std::string> lines_;
};

std::string first_line(const Row& row) {
  const bool begun = row.event == Event::begun;
  std::string line = fmt::format("{} {} {}", time_of(row.at.wall), begun ? "begun" : "ended",
                                 printable(row.label()));
  if (begun) return line;
  line += row.lived ? fmt::format("  lived {}", format_duration(*row.lived))
                    : std::string("  older than the ledger");
  if (row.totals) {
    line += fmt::format("  rx {}  tx {}", format_bytes(row.totals->rx_bytes),
                        format_bytes(row.totals->tx_bytes));
  }
  return line;
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_count(count), count == 1 ? one : many);
}

std::vector<std::string> lines_of(const Row& row, std::size_t width) {
  Block block(width);
  block.add_first(first_line(row));
  if (row.event == Event::begun) return std::move(block).lines();
  if (row.late.packets.value > 0 || row.late.resets > 0) block.add(late_words(row));
  if (row.pod && (row.pod->lost() || row.pod->traffic.bytes() > 0)) block.add(pod_words(*row.pod));
  if (!row.pod && in_pod(row)) {
    block.add("in the pod: not watched; what a sibling took after the end is not known");
  }
  if (row.extent == Extent::so_far) block.add("so far: it had not stopped");
  if (lost_something(row)) block.add(delay_words(row));
  return std::move(block).lines();
}

}  // namespace cgtally::lifecycle
