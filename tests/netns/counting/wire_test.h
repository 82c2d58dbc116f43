// SPDX-License-Identifier: Apache-2.0
// What every test on a wire begins and ends with: nothing of cgtally attached to any of its
// devices, and no BPF object left open in this process. A test's tally is a local variable, so it
// has gone by then.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "harness/host/hooks.h"
#include "harness/ledger/counted.h"
#include "harness/traffic/frames.h"
#include "harness/traffic/traffic.h"
#include "harness/traffic/wire.h"

namespace cgtally::harness {

class WireTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  Wire wire_;
};

// BPF programs, links and maps that this process holds open.
[[nodiscard]] int open_bpf_objects();

// The sum over all accounts is what the wire says, and at least `packets` of each direction are in
// it.
void expect_conserved(const Settled& settled, std::uint64_t packets_each_way);

enum class Ip { v4, v6 };
[[nodiscard]] SocketAddress host_at(Ip version, std::uint16_t port);
[[nodiscard]] SocketAddress remote_at(Ip version, std::uint16_t port);

struct Connection {
  sys::Fd client;
  sys::Fd server;
};
[[nodiscard]] Connection connect_through(const sys::Fd& listener, sys::Fd client,
                                         const SocketAddress& to);

[[nodiscard]] Traffic received(std::uint64_t packets, std::uint64_t bytes_each);
[[nodiscard]] Traffic sent(std::uint64_t packets, std::uint64_t bytes_each);

}  // namespace cgtally::harness
