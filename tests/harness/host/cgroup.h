// SPDX-License-Identifier: Apache-2.0
// A cgroup of the unified hierarchy, made and removed by the test. Sockets get their cgroup from
// the process that calls socket(); here that is a short-lived child, so the process has left before
// any traffic.
#pragma once

#include <cstdint>
#include <string>

#include "adapters/sys/fd.h"
#include "harness/host/netns.h"

namespace cgtally::harness {

// Where the unified hierarchy is mounted; on hybrid hosts that is below the v1 directory.
[[nodiscard]] const std::string& cgroup2_root();

class Cgroup {
 public:
  explicit Cgroup(const std::string& label);
  Cgroup(Cgroup&& other) noexcept;
  Cgroup& operator=(Cgroup&&) = delete;
  ~Cgroup();

  [[nodiscard]] std::uint64_t id() const { return id_; }
  // Below the root of the hierarchy: "/cgt-4711-web".
  [[nodiscard]] const std::string& path() const { return path_; }

  // A socket in `netns` that belongs to this cgroup for as long as it lives.
  [[nodiscard]] sys::Fd socket(const Netns& netns, int family, int type, int protocol = 0) const;
  // rmdir, before the object's end. Sockets may still be open.
  void remove();

 private:
  std::string path_;
  std::uint64_t id_ = 0;
};

// Waits for a child and gives its exit code (128 + signal where one ended it).
int wait_for(pid_t child);

}  // namespace cgtally::harness
