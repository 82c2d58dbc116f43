// SPDX-License-Identifier: Apache-2.0
// Asks the kernel, not cgtally, whether anything is left attached.
#include "netns/counting/wire_test.h"

#include <filesystem>
#include <fstream>

namespace cgtally::harness {
namespace {

void expect_nothing_attached(const Wire& wire, const char* when) {
  for (const auto* netns : {&wire.host(), &wire.hub(), &wire.remote()}) {
    for (const auto& left : attached_cgtally(*netns))
      ADD_FAILURE() << when << " the test: " << left;
  }
  EXPECT_EQ(open_bpf_objects(), 0) << when << " the test";
}

}  // namespace

void WireTest::SetUp() { expect_nothing_attached(wire_, "before"); }
void WireTest::TearDown() { expect_nothing_attached(wire_, "after"); }

int open_bpf_objects() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    for (std::string key; info >> key;) {
      if (key == "prog_id:" || key == "map_id:" || key == "link_id:") {
        ++count;
        break;
      }
    }
  }
  return count;
}

void expect_conserved(const Settled& settled, std::uint64_t packets_each_way) {
  EXPECT_EQ(settled.books.sum(), settled.truth) << settled.books;
  EXPECT_GE(settled.truth.rx_packets.value, packets_each_way);
  EXPECT_GE(settled.truth.tx_packets.value, packets_each_way);
}

SocketAddress host_at(Ip version, std::uint16_t port) {
  return at(version == Ip::v4 ? kHost4 : kHost6, port);
}
SocketAddress remote_at(Ip version, std::uint16_t port) {
  return at(version == Ip::v4 ? kRemote4 : kRemote6, port);
}

Connection connect_through(const sys::Fd& listener, sys::Fd client, const SocketAddress& to) {
  connect_to(client, to);
  return {std::move(client), accept_from(listener)};
}

Traffic received(std::uint64_t packets, std::uint64_t bytes_each) {
  return {.rx_bytes = {packets * bytes_each},
          .rx_packets = {packets},
          .tx_bytes = {},
          .tx_packets = {}};
}

Traffic sent(std::uint64_t packets, std::uint64_t bytes_each) {
  return {.rx_bytes = {},
          .rx_packets = {},
          .tx_bytes = {packets * bytes_each},
          .tx_packets = {packets}};
}

}  // namespace cgtally::harness
