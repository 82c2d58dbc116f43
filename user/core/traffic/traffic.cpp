// SPDX-License-Identifier: Apache-2.0
// The only subtraction of counters in the program, after the check that makes it safe.
#include "core/traffic/traffic.h"

namespace cgtally {
namespace {

bool went_backwards(const Traffic& before, const Traffic& now) {
  return now.rx_bytes < before.rx_bytes || now.rx_packets < before.rx_packets ||
         now.tx_bytes < before.tx_bytes || now.tx_packets < before.tx_packets;
}

}  // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
  rx_bytes += other.rx_bytes;
  rx_packets += other.rx_packets;
  tx_bytes += other.tx_bytes;
  tx_packets += other.tx_packets;
  return *this;
}

Step step(const Traffic& before, const Traffic& now) {
  if (went_backwards(before, now)) return Restarted{.since_zero = now};
  return Advanced{.by = {
                      .rx_bytes = {now.rx_bytes.value - before.rx_bytes.value},
                      .rx_packets = {now.rx_packets.value - before.rx_packets.value},
                      .tx_bytes = {now.tx_bytes.value - before.tx_bytes.value},
                      .tx_packets = {now.tx_packets.value - before.tx_packets.value},
                  }};
}

}  // namespace cgtally
