// SPDX-License-Identifier: Apache-2.0
// The only subtraction of counters in the program, after the check that makes it safe.
#include "core/traffic/traffic.h"

#include <algorithm>

namespace cgtally {
namespace {

Packets less_at_most_all(Packets all, Packets part) {
  return {all.value - std::min(all.value, part.value)};
}

// `part` is of `all`.
Packets risen_at_most(Packets all_before, Packets part_before, Packets all, Packets part) {
  if (all < all_before) return part;
  return std::min(part, Packets{part_before.value + (all.value - all_before.value)});
}

bool went_backwards(const TcpCounts& before, const TcpCounts& now) {
  return now.rx_connections < before.rx_connections || now.tx_connections < before.tx_connections ||
         now.rx_resets < before.rx_resets || now.tx_resets < before.tx_resets ||
         now.rx_without_data < before.rx_without_data ||
         now.tx_without_data < before.tx_without_data;
}

bool went_backwards(const Traffic& before, const Traffic& now) {
  return now.rx_bytes < before.rx_bytes || now.rx_packets < before.rx_packets ||
         now.tx_bytes < before.tx_bytes || now.tx_packets < before.tx_packets ||
         went_backwards(before.tcp, now.tcp);
}

TcpCounts less(const TcpCounts& now, const TcpCounts& before) {
  return {
      .rx_connections = now.rx_connections - before.rx_connections,
      .tx_connections = now.tx_connections - before.tx_connections,
      .rx_resets = now.rx_resets - before.rx_resets,
      .tx_resets = now.tx_resets - before.tx_resets,
      .rx_without_data = {now.rx_without_data.value - before.rx_without_data.value},
      .tx_without_data = {now.tx_without_data.value - before.tx_without_data.value},
  };
}

}  // namespace

TcpCounts& TcpCounts::operator+=(const TcpCounts& other) {
  rx_connections += other.rx_connections;
  tx_connections += other.tx_connections;
  rx_resets += other.rx_resets;
  tx_resets += other.tx_resets;
  rx_without_data += other.rx_without_data;
  tx_without_data += other.tx_without_data;
  return *this;
}

Traffic& Traffic::operator+=(const Traffic& other) {
  rx_bytes += other.rx_bytes;
  rx_packets += other.rx_packets;
  tx_bytes += other.tx_bytes;
  tx_packets += other.tx_packets;
  tcp += other.tcp;
  return *this;
}

Packets Traffic::rx_data_packets() const {
  return less_at_most_all(rx_packets, tcp.rx_without_data);
}
Packets Traffic::tx_data_packets() const {
  return less_at_most_all(tx_packets, tcp.tx_without_data);
}

Traffic with_data_rising(const Traffic& before, Traffic now) {
  now.tcp.rx_without_data = risen_at_most(before.rx_packets, before.tcp.rx_without_data,
                                          now.rx_packets, now.tcp.rx_without_data);
  now.tcp.tx_without_data = risen_at_most(before.tx_packets, before.tcp.tx_without_data,
                                          now.tx_packets, now.tcp.tx_without_data);
  return now;
}

Step step(const Traffic& before, const Traffic& now) {
  if (went_backwards(before, now)) return Restarted{.since_zero = now};
  return Advanced{.by = {
                      .rx_bytes = {now.rx_bytes.value - before.rx_bytes.value},
                      .rx_packets = {now.rx_packets.value - before.rx_packets.value},
                      .tx_bytes = {now.tx_bytes.value - before.tx_bytes.value},
                      .tx_packets = {now.tx_packets.value - before.tx_packets.value},
                      .tcp = less(now.tcp, before.tcp),
                  }};
}

}  // namespace cgtally
