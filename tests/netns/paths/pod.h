// SPDX-License-Identifier: Apache-2.0
// A pod as a runtime makes it: a network namespace, a cgroup with one below it for the container,
// and a process that stays in both, by which cgtally finds whose namespace it is. No runtime is
// needed.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "harness/host/cgroup.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

// A process in a cgroup and a network namespace that does nothing until the object's end.
class PodResident {
 public:
  PodResident(const Cgroup& cgroup, const Netns& netns);
  PodResident(const PodResident&) = delete;
  PodResident& operator=(const PodResident&) = delete;
  ~PodResident();

 private:
  pid_t process_ = -1;
};

class PathPod {
 public:
  // The cgroup above all pods', as /kubepods is: it is nobody's. Whoever makes pods makes it first.
  static constexpr const char* kShelf = "pods";

  // With a network namespace of its own.
  PathPod(const std::string& label, int number);
  // In the namespace of somebody else, such as the host's.
  PathPod(const std::string& label, int number, const Netns& netns);

  [[nodiscard]] const Netns& netns() const { return *netns_; }
  [[nodiscard]] const std::string& label() const { return label_; }
  // For a Cgroup below the pod's.
  [[nodiscard]] std::string cgroup_label() const { return kShelf + ("/" + label_); }
  [[nodiscard]] const std::string& pod_path() const { return pod_.path(); }
  [[nodiscard]] const std::string& container_path() const { return container_.path(); }
  // A socket of the container's.
  [[nodiscard]] sys::Fd socket(int family, int type) const {
    return container_.socket(*netns_, family, type);
  }

  // 1, 2, ...: what tells apart the pods' devices, addresses and ports.
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] std::string device() const { return "veth" + std::to_string(number_); }
  [[nodiscard]] std::string ip4() const { return "10.88.0." + std::to_string(10 + number_); }
  [[nodiscard]] std::string ip6() const { return "fd88::" + std::to_string(10 + number_); }
  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(9000 + number_); }

 private:
  std::string label_;
  int number_;
  std::unique_ptr<Netns> own_;
  const Netns* netns_;
  Cgroup pod_;
  Cgroup container_;
  Cgroup pause_;
  PodResident first_, second_;
};

}  // namespace cgtally::harness
