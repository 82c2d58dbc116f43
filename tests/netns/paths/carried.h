// SPDX-License-Identifier: Apache-2.0
// What the host carried from its uplink to each pod, by an oracle that knows packets by their
// sk_buff's address alone (bpf/carried.bpf.c). For tests that compare it with the accounts.
#pragma once

#include <memory>
#include <vector>

#include "core/traffic/traffic.h"
#include "netns/paths/path_scene.h"

namespace cgtally::harness {

class Carried {
 public:
  // From now on, in the scene's host: what comes in by the uplink and goes out to its pods.
  explicit Carried(const PathScene& scene);
  ~Carried();
  Carried(const Carried&) = delete;
  Carried& operator=(const Carried&) = delete;

  // Received, by the pod's device in the host.
  [[nodiscard]] Traffic to(const PathPod& pod) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cgtally::harness
