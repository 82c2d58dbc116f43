// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/test_flows.h"

#include <sys/socket.h>

#include <utility>

namespace cgtally::monitor {
namespace {

// What arrived of what was sent, as a figure that is only looked at if it fails.
selftest::Figure arrived(const char* what, std::size_t sent, std::size_t got) {
  return {.what = what,
          .expected = {.bytes = {}, .packets = {sent}},
          .seen = {.bytes = {}, .packets = {got}}};
}

constexpr const char* kOut = "datagrams that arrived at the far end";
constexpr const char* kBack = "datagrams that came back";

}  // namespace

int FlowEnds::family() const {
  return addresses.host.find(':') == std::string::npos ? AF_INET : AF_INET6;
}

Result<Flow> udp_flow(const Testbed& bed, const Tenant& tenant, const FlowEnds& ends) {
  auto near = tenant.sockets.socket(ends.family(), SOCK_DGRAM);
  if (!near) return std::unexpected(near.error());
  auto far = bed.remote_socket(ends.family(), SOCK_DGRAM);
  if (!far) return std::unexpected(far.error());
  const traffic::Place here{.address = ends.addresses.host, .port = ends.port};
  const traffic::Place there{.address = ends.addresses.remote, .port = ends.port};
  if (auto done = traffic::bind_at(*near, here); !done) return std::unexpected(done.error());
  if (auto done = traffic::bind_at(*far, there); !done) return std::unexpected(done.error());
  if (auto done = traffic::connect_datagrams(*near, there); !done) {
    return std::unexpected(done.error());
  }
  if (auto done = traffic::connect_datagrams(*far, here); !done) {
    return std::unexpected(done.error());
  }
  return Flow{.near = std::move(*near), .far = std::move(*far)};
}

Result<Flow> tcp_flow(const Testbed& bed, const Tenant& tenant, const FlowEnds& ends) {
  auto near = tenant.sockets.socket(ends.family(), SOCK_STREAM);
  if (!near) return std::unexpected(near.error());
  auto listener = bed.remote_socket(ends.family(), SOCK_STREAM);
  if (!listener) return std::unexpected(listener.error());
  const traffic::Place there{.address = ends.addresses.remote, .port = ends.port};
  if (auto done = traffic::bind_at(*listener, there); !done) return std::unexpected(done.error());
  auto far = traffic::connect_pair(*listener, *near, there);
  if (!far) return std::unexpected(far.error());
  return Flow{.near = std::move(*near), .far = std::move(*far)};
}

Result<std::vector<selftest::Figure>> exchange_both_ways(const Flow& flow,
                                                         const traffic::Datagrams& datagrams) {
  const auto out = traffic::exchange(flow.near, flow.far, datagrams);
  if (!out) return std::unexpected(out.error());
  const auto back = traffic::exchange(flow.far, flow.near, datagrams);
  if (!back) return std::unexpected(back.error());
  return std::vector{arrived(kOut, datagrams.count, *out), arrived(kBack, datagrams.count, *back)};
}

Result<std::vector<selftest::Figure>> segment_both_ways(const Flow& flow,
                                                        const traffic::Segmented& segmented) {
  const std::size_t count = segmented.calls * segmented.datagrams_per_call;
  const auto out = traffic::exchange_segmented(flow.near, flow.far, segmented);
  if (!out) return std::unexpected(out.error());
  const auto back = traffic::exchange_segmented(flow.far, flow.near, segmented);
  if (!back) return std::unexpected(back.error());
  return std::vector{arrived(kOut, count, *out), arrived(kBack, count, *back)};
}

Result<std::vector<selftest::Figure>> transfer_both_ways(const Flow& flow, std::size_t bytes) {
  std::vector<selftest::Figure> figures;
  for (const auto& [from, to, what] :
       {std::tuple{&flow.near, &flow.far, "bytes that arrived at the far end"},
        std::tuple{&flow.far, &flow.near, "bytes that came back"}}) {
    const auto got = traffic::transfer(*from, *to, bytes);
    if (!got) return std::unexpected(got.error());
    figures.push_back({.what = what,
                       .expected = {.bytes = {bytes}, .packets = {}},
                       .seen = {.bytes = {*got}, .packets = {}}});
  }
  return figures;
}

Result<Traffic> carried_by(const Flow& connection) {
  const auto sent = traffic::sent_by(connection.near);
  if (!sent) return std::unexpected(sent.error());
  const auto received = traffic::sent_by(connection.far);
  if (!received) return std::unexpected(received.error());
  const auto tx = selftest::segments_on_wire(sent->segments, sent->payload_bytes);
  const auto rx = selftest::segments_on_wire(received->segments, received->payload_bytes);
  return Traffic{.rx_bytes = rx.bytes,
                 .rx_packets = rx.packets,
                 .tx_bytes = tx.bytes,
                 .tx_packets = tx.packets};
}

Traffic same_both_ways(const selftest::Count& count) {
  return {.rx_bytes = count.bytes,
          .rx_packets = count.packets,
          .tx_bytes = count.bytes,
          .tx_packets = count.packets};
}

}  // namespace cgtally::monitor
