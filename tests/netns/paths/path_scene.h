// SPDX-License-Identifier: Apache-2.0
// A container host on a wire, two pods in it that talk through the uplink, and `cgtally record`
// that counts there. What each pod moved is known from counters of the remote's side, by the ports
// that are the pod's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "harness/host/command.h"
#include "harness/traffic/traffic.h"
#include "harness/traffic/wire.h"
#include "netns/paths/pod.h"
#include "netns/paths/queue_server.h"

namespace cgtally::harness {

// What the rows of one run say, and what is true.
struct PathOutcome {
  std::map<std::string, Traffic> accounts;  // of the uplink
  std::vector<Traffic> of_pods;             // what crossed the wire for each pod
  std::vector<Traffic> inside;              // of its container at its own eth0, if that is counted
  Traffic wire;                             // all that crossed it
};

class PathScene {
 public:
  PathScene();
  ~PathScene();

  [[nodiscard]] const Wire& wire() const { return wire_; }
  [[nodiscard]] const Netns& host() const { return wire_.host(); }
  [[nodiscard]] const std::vector<std::unique_ptr<PathPod>>& pods() const { return pods_; }
  PathPod& add_pod(const std::string& label);
  PathPod& add_pod(const std::string& label, const Netns& netns);

  // A veth between host and pod, both sides up. The host's side has the name of PathPod::device().
  void plug(const PathPod& pod) const;
  // nft -f -, in the host.
  void nft(const std::string& rules) const;
  void in_host(const std::vector<std::string>& argv) const;

  // How nftables tells that a frame of the wire comes from a port, and that it goes to one; %PORT%
  // stands for it.
  void watch_by(std::string from, std::string to) {
    from_port_ = std::move(from);
    to_port_ = std::move(to);
  }
  // Where a pod's container finds the remote, and where the remote finds it; empty: it does not.
  using Target = std::function<std::string(const PathPod&)>;
  void talks_to(Target remote) { remote_of_ = std::move(remote); }
  void is_asked_at(Target address) { address_of_ = std::move(address); }
  // Something that shall happen while cgtally counts, beside what the pods do.
  void also(std::function<void()> act) { also_ = std::move(act); }
  // Whose sockets talk in the place of the pod's container.
  using SocketOf = std::function<sys::Fd(const PathPod&, int family, int type)>;
  void talks_by(SocketOf socket) { socket_of_ = std::move(socket); }
  void without_connect() { connected_udp_ = false; }
  // The pods' own interfaces are counted as well, each in its network namespace.
  void count_inside() { counts_inside_ = true; }
  // Accounts beside the pods' that move something.
  void add_stranger(const std::string& account) { strangers_.insert(account); }
  [[nodiscard]] const std::set<std::string>& strangers() const { return strangers_; }
  // A process of the host, in a cgroup of its own, listens at the pods' ports on the wildcard.
  void listen_beside();

  // What the host forwards goes through a queue of netfilter, whose process gives it back.
  void serve_queue();
  // Two containers talk, by an address that leads from one to the other.
  void talk_between(const PathPod& client, const PathPod& server, const std::string& address) const;

  [[nodiscard]] PathOutcome run();

 private:
  using MakeSocket = std::function<sys::Fd(int family, int type)>;

  void start_record();
  void stop_record(PathOutcome& outcome);
  void talk(const MakeSocket& client, const MakeSocket& server, const SocketAddress& to,
            std::size_t bytes) const;
  void talk_of(const PathPod& pod) const;

  Wire wire_;
  Cgroup shelf_{PathPod::kShelf};
  std::vector<std::unique_ptr<PathPod>> pods_;
  std::string from_port_ = "meta l4proto { tcp, udp } th sport %PORT%";
  std::string to_port_ = "meta l4proto { tcp, udp } th dport %PORT%";
  Target remote_of_ = [](const PathPod&) { return std::string(kRemote4); };
  Target address_of_ = [](const PathPod& pod) { return pod.ip4(); };
  SocketOf socket_of_ = [](const PathPod& pod, int family, int type) {
    return pod.socket(family, type);
  };
  std::function<void()> also_;
  bool connected_udp_ = true;
  bool counts_inside_ = false;
  std::set<std::string> strangers_;
  std::unique_ptr<QueueServer> queue_;
  std::unique_ptr<Cgroup> bystander_;
  std::vector<sys::Fd> bystanders_sockets_;
  std::string directory_;
  std::unique_ptr<Running> record_;
};

}  // namespace cgtally::harness
