// SPDX-License-Identifier: Apache-2.0
// Flows on a host with NAT, in a netns of their own with real rules and real conntrack entries: a
// host's client of a service address, a client behind the host that the host masquerades, and a
// pod's own connection. What the benchmark sends are their replies, as they come in by the uplink.
#pragma once

#include <optional>

#include "adapters/sys/fd.h"
#include "bench/flows.h"

namespace cgtally::bench {

enum class NatFlow : std::uint8_t {
  to_socket,   // the reply ends in a socket of this host
  to_foreign,  // the reply is sent on to whom the host masquerades
  to_pod,      // the reply ends in a socket of a pod, in a netns of its own
  none,        // a packet for a foreign address, which no rule touches
};

// The pod's address, in network byte order, and its netns' id in the benchmark's.
struct PodEndpoint {
  std::uint32_t address = 0;
  int nsid = -1;
  std::uint32_t netns_inode = 0;
};

class NatFlows {
 public:
  // The calling process is in the new netns until the object's end.
  static Result<NatFlows> make(NatFlow flow);

  NatFlows(NatFlows&&) noexcept = default;
  NatFlows& operator=(NatFlows&&) noexcept = delete;
  ~NatFlows();

  [[nodiscard]] const Tuple& reply() const { return reply_; }
  [[nodiscard]] const std::optional<PodEndpoint>& endpoint() const { return endpoint_; }

 private:
  explicit NatFlows(sys::Fd before) : before_(std::move(before)) {}
  Result<void> connect_in_pod();
  Result<void> connect_from(const char* address, const char* to, std::uint16_t port);

  sys::Fd before_;  // the netns to return to; empty in an object that was moved from
  sys::Fd server_;
  sys::Fd client_;
  sys::Fd pod_;  // its netns
  Tuple reply_;
  std::optional<PodEndpoint> endpoint_;
};

}  // namespace cgtally::bench
