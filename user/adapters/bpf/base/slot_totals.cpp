// SPDX-License-Identifier: Apache-2.0
#include "adapters/bpf/base/slot_totals.h"

namespace cgtally::bpf {
namespace {

std::uint64_t load_counter(const __u64& counter) {
  return __atomic_load_n(&counter, __ATOMIC_RELAXED);
}

}  // namespace

SlotTotals& SlotTotals::operator+=(const SlotTotals& more) {
  counted.rx_bytes += more.counted.rx_bytes;
  counted.rx_packets += more.counted.rx_packets;
  counted.tx_bytes += more.counted.tx_bytes;
  counted.tx_packets += more.counted.tx_packets;
  tcp.rx_no_payload += more.tcp.rx_no_payload;
  tcp.tx_no_payload += more.tcp.tx_no_payload;
  tcp.handshakes.rx_syn += more.tcp.handshakes.rx_syn;
  tcp.handshakes.tx_syn += more.tcp.handshakes.tx_syn;
  tcp.handshakes.rx_rst += more.tcp.handshakes.rx_rst;
  tcp.handshakes.tx_rst += more.tcp.handshakes.tx_rst;
  return *this;
}

Traffic SlotTotals::traffic() const {
  return {.rx_bytes = {counted.rx_bytes},
          .rx_packets = {counted.rx_packets},
          .tx_bytes = {counted.tx_bytes},
          .tx_packets = {counted.tx_packets},
          .tcp = {.rx_connections = tcp.handshakes.rx_syn,
                  .tx_connections = tcp.handshakes.tx_syn,
                  .rx_resets = tcp.handshakes.rx_rst,
                  .tx_resets = tcp.handshakes.tx_rst,
                  .rx_without_data = {tcp.rx_no_payload},
                  .tx_without_data = {tcp.tx_no_payload}}};
}

// Memory order: each counter is one relaxed 64-bit load, which no CPU of ours tears, of a counter
// that only grows. The fence has the packets loaded before what is known of them. The programs'
// stores are plain: on x86-64 what a program counts first is seen first; on arm64 the packets under
// way may be in one counter and not in another, until the next reading.
SlotTotals load_totals(const cgt_cell& cell, const cgt_handshakes& handshakes) {
  SlotTotals totals;
  totals.counted.rx_bytes = load_counter(cell.rx_bytes);
  totals.counted.rx_packets = load_counter(cell.rx_packets);
  totals.counted.tx_bytes = load_counter(cell.tx_bytes);
  totals.counted.tx_packets = load_counter(cell.tx_packets);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  totals.tcp.rx_no_payload = load_counter(cell.rx_no_payload);
  totals.tcp.tx_no_payload = load_counter(cell.tx_no_payload);
  totals.tcp.handshakes.rx_syn = load_counter(handshakes.rx_syn);
  totals.tcp.handshakes.tx_syn = load_counter(handshakes.tx_syn);
  totals.tcp.handshakes.rx_rst = load_counter(handshakes.rx_rst);
  totals.tcp.handshakes.tx_rst = load_counter(handshakes.tx_rst);
  return totals;
}

void store_totals(cgt_cell& cell, cgt_handshakes& handshakes, const SlotTotals& totals) {
  cell.rx_bytes = totals.counted.rx_bytes;
  cell.rx_packets = totals.counted.rx_packets;
  cell.tx_bytes = totals.counted.tx_bytes;
  cell.tx_packets = totals.counted.tx_packets;
  cell.rx_no_payload = totals.tcp.rx_no_payload;
  cell.tx_no_payload = totals.tcp.tx_no_payload;
  handshakes = totals.tcp.handshakes;
}

const cgt_retire_tcp& tcp_of(const cgt_header& header, const cgt_retire_entry& entry) {
  return header.journal_tcp[&entry - header.journal];
}

SlotTotals summed_totals(const cgt_header& header, const cgt_retire_entry& entry) {
  return {.counted = entry.sum, .tcp = tcp_of(header, entry).sum};
}

SlotTotals into_totals(const cgt_header& header, const cgt_retire_entry& entry) {
  return {.counted = entry.into_totals, .tcp = tcp_of(header, entry).into_totals};
}

}  // namespace cgtally::bpf
