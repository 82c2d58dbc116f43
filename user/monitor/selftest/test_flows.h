// SPDX-License-Identifier: Apache-2.0
// Flows between a cgroup of the test's and the far end, and what of them is known beforehand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sys/fd.h"
#include "adapters/traffic/conversation.h"
#include "core/base/result.h"
#include "core/selftest/known_traffic.h"
#include "monitor/selftest/testbed.h"

namespace cgtally::monitor {

// Which addresses and which port the sockets of a flow have.
struct FlowEnds {
  AddressPair addresses = kIpv4Pair;
  std::uint16_t port = 0;
  [[nodiscard]] int family() const;
};

// Two sockets that belong together: one of a tenant, one of the far end.
struct Flow {
  sys::Fd near;
  sys::Fd far;
};
Result<Flow> udp_flow(const Testbed& bed, const Tenant& tenant, const FlowEnds& ends);
Result<Flow> tcp_flow(const Testbed& bed, const Tenant& tenant, const FlowEnds& ends);

// Sends so much both ways. The figures say whether all of it arrived.
Result<std::vector<selftest::Figure>> exchange_both_ways(const Flow& flow,
                                                         const traffic::Datagrams& datagrams);
Result<std::vector<selftest::Figure>> segment_both_ways(const Flow& flow,
                                                        const traffic::Segmented& segmented);
Result<std::vector<selftest::Figure>> transfer_both_ways(const Flow& flow, std::size_t bytes);

// What a connection has had on the wire, by the accounts of its ends; as `near` sees it.
Result<Traffic> carried_by(const Flow& connection);
[[nodiscard]] Traffic same_both_ways(const selftest::Count& count);

}  // namespace cgtally::monitor
