// SPDX-License-Identifier: Apache-2.0
// Flows that NAT rewrites, in a netns of their own with real rules and real conntrack entries: a
// host's client of a service address, and a client behind the host that the host masquerades. What
// the benchmark sends are their replies, as they come in by the uplink.
#pragma once

#include "adapters/sys/fd.h"
#include "bench/flows.h"

namespace cgtally::bench {

enum class NatFlow : std::uint8_t {
  to_socket,   // the reply ends in a socket of this host
  to_foreign,  // the reply is sent on to whom the host masquerades
  none,        // a packet for a foreign address, which no rule touches
};

class NatFlows {
 public:
  // The calling process is in the new netns until the object's end.
  static Result<NatFlows> make(NatFlow flow);

  NatFlows(NatFlows&&) noexcept = default;
  NatFlows& operator=(NatFlows&&) noexcept = delete;
  ~NatFlows();

  [[nodiscard]] const Tuple& reply() const { return reply_; }

 private:
  explicit NatFlows(sys::Fd before) : before_(std::move(before)) {}
  Result<void> connect_from(const char* address, const char* to, std::uint16_t port);

  sys::Fd before_;  // the netns to return to; empty in an object that was moved from
  sys::Fd server_;
  sys::Fd client_;
  Tuple reply_;
};

}  // namespace cgtally::bench
