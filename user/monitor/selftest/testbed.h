// SPDX-License-Identifier: Apache-2.0
// Testbed: the network and the cgroups of one self-test, all of them its own and nameless to the
// host:
//
//   pod: eth0 --- cgspod :host: cgs0 --- cgs1 :remote
//
// cgs0 is what is counted. All addresses are of a range for tests (RFC 2544), and no packet can
// leave.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "adapters/cgroupfs/own_cgroups.h"
#include "adapters/netns/netns.h"
#include "adapters/traffic/socket_maker.h"
#include "core/base/result.h"

namespace cgtally::monitor {

inline constexpr const char* kCountedDevice = "cgs0";
inline constexpr const char* kRemoteDevice = "cgs1";
inline constexpr const char* kCgroupPrefix = "cgtally-selftest-";

// The addresses of both ends.
struct AddressPair {
  std::string host;
  std::string remote;
};
inline const AddressPair kIpv4Pair{.host = "198.18.0.1", .remote = "198.18.0.2"};
inline const AddressPair kIpv6Pair{.host = "fd00:c6::1", .remote = "fd00:c6::2"};
inline const AddressPair kVlanPair{.host = "198.18.77.1", .remote = "198.18.77.2"};
inline constexpr const char* kPodAddress = "198.18.1.2";

// A cgroup with a process in it that makes sockets.
struct Tenant {
  cgroupfs::OwnCgroup cgroup;
  traffic::SocketMaker sockets;
};

// Built once for each run; the destructor removes the cgroups, and the kernel the rest. The calling
// thread is in the netns `host` as long as this lives.
class Testbed {
 public:
  // An Error: this host cannot have one. The process must have one thread
  // and mounts of its own. `host_root`: where the host's / is mounted; empty: at /.
  static Result<std::unique_ptr<Testbed>> build(const std::string& host_root);

  Testbed(const Testbed&) = delete;
  Testbed& operator=(const Testbed&) = delete;

  [[nodiscard]] const netns::Netns& host() const { return host_; }
  [[nodiscard]] const netns::Netns& remote() const { return remote_; }
  [[nodiscard]] const Tenant& first() const { return *first_; }
  [[nodiscard]] const Tenant& second() const { return *second_; }
  // Or why there is none.
  [[nodiscard]] const Result<Tenant>& pod() const { return pod_; }
  [[nodiscard]] int counted_ifindex() const { return counted_; }
  [[nodiscard]] int remote_ifindex() const { return far_; }
  [[nodiscard]] int removed_leftovers() const { return cgroups_.removed_leftovers(); }

  // A socket of the far end, which is in no cgroup of the test's.
  [[nodiscard]] Result<sys::Fd> remote_socket(int family, int type) const;
  // The offloads of both ends: whether they send super-packets as they are, or cut them.
  [[nodiscard]] Result<void> send_super_packets(bool whole) const;
  // A tagged network over both ends.
  [[nodiscard]] Result<void> add_vlan() const;

 private:
  Testbed(cgroupfs::OwnCgroups cgroups, netns::Netns host, netns::Netns remote, netns::Netns pod);
  Result<void> connect();
  Result<void> fill();
  Result<void> connect_pod();
  Result<Tenant> tenant(const std::string& name, const netns::Netns& netns);
  [[nodiscard]] Result<void> configure(const netns::Netns& netns, const std::string& device,
                                       const std::string& address4,
                                       const std::string& address6) const;

  cgroupfs::OwnCgroups cgroups_;
  netns::Netns host_;
  netns::Netns remote_;
  netns::Netns pod_netns_;
  std::optional<netns::Entered> entered_;
  std::optional<Tenant> first_;
  std::optional<Tenant> second_;
  Result<Tenant> pod_;
  int counted_ = 0;
  int far_ = 0;
};

}  // namespace cgtally::monitor
