// SPDX-License-Identifier: Apache-2.0
// Measures what really crossed a wire by parts of the kernel that cgtally does not touch: the
// counters of a veth whose sender cannot segment in hardware (so that it carries frames and no
// super-packets), and nftables counters at the netdev ingress hook for single flows.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>

#include "core/traffic/traffic.h"
#include "harness/host/netns.h"

namespace cgtally {

bool operator<=(const Traffic& a, const Traffic& b);  // in all counters
void PrintTo(const Traffic& traffic, std::ostream* out);
void PrintTo(const TcpCounts& tcp, std::ostream* out);  // received/sent

}  // namespace cgtally

namespace cgtally::harness {

struct Frames {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;
  bool operator==(const Frames&) const = default;
};

// A counter of a device: what it received, or what it sent.
struct DeviceCounter {
  const Netns* netns = nullptr;
  std::string device;
  bool sent = false;
  [[nodiscard]] Frames read() const;
};

// Traffic from `from` to `to`, counter by counter; no counter of `to` may be less.
[[nodiscard]] Traffic difference(const Traffic& from, const Traffic& to);
[[nodiscard]] Traffic sum(const Traffic& a, const Traffic& b);
// Bytes and packets alone, as device counters have them.
[[nodiscard]] Traffic on_wire(Traffic traffic);

// Counts the frames of chosen flows that a device receives, by nftables. The hook comes after GRO:
// the device must not merge.
class FlowCounter {
 public:
  FlowCounter(const Netns& netns, const std::string& device);
  // `match` is an nftables expression, such as "tcp dport 80".
  void watch(const std::string& name, const std::string& match);
  [[nodiscard]] Frames read(const std::string& name) const;

 private:
  const Netns& netns_;
};

}  // namespace cgtally::harness
