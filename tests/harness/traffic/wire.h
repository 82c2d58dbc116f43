// SPDX-License-Identifier: Apache-2.0
// Two hosts on one wire, each in its own namespace, joined by a hub in a third:
//
//   host: cgt0 --- hub0 [hub] hub1 --- cgt1 :remote
//
// cgt0, the device that is counted, has every offload on: it sends super-packets and merges what it
// receives. hub1 and cgt1 have none, so that between them, and from hub0 to cgt0, there are only
// true frames.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/traffic/interface.h"
#include "harness/host/netns.h"
#include "harness/traffic/wire_truth.h"

namespace cgtally::harness {

inline constexpr char kHost4[] = "10.77.0.1";
inline constexpr char kRemote4[] = "10.77.0.2";
inline constexpr char kHost6[] = "fd77::1";
inline constexpr char kRemote6[] = "fd77::2";

[[nodiscard]] IpAddress parse_address(const std::string& text);

// A device that programs can be attached to, with the counters that know its true traffic.
struct MeasuredDevice {
  const Netns* netns = nullptr;
  std::string name;
  DeviceCounter received;
  DeviceCounter sent;
  // Next to the device. Its bytes cannot be used (a veth whose peer merges counts without the
  // Ethernet header), but its packets show whether all that was received on the wire came here.
  DeviceCounter arrived;
  std::vector<IpAddress> addresses;  // of the namespace

  [[nodiscard]] Traffic truth() const;
  [[nodiscard]] Interface link() const;
};

class Wire {
 public:
  // `suffix` tells apart the wires of one test.
  explicit Wire(const std::string& suffix = "");

  [[nodiscard]] const Netns& host() const { return host_; }
  [[nodiscard]] const Netns& hub() const { return hub_; }
  [[nodiscard]] const Netns& remote() const { return remote_; }

  [[nodiscard]] MeasuredDevice host_end() const;
  // When a tagged frame leaves here, its tag is metadata and not in the frame.
  [[nodiscard]] MeasuredDevice hub_port() const;

  // Counts the frames of a flow, chosen by an nftables expression for each direction.
  void watch(const std::string& name, const std::string& to_host, const std::string& from_host);
  [[nodiscard]] Traffic watched(const std::string& name) const;

 private:
  void connect() const;
  void turn_offloads() const;
  void wait_until_forwarding() const;

  Netns host_;
  Netns hub_;
  Netns remote_;
  FlowCounter to_host_;
  FlowCounter from_host_;
};

}  // namespace cgtally::harness
