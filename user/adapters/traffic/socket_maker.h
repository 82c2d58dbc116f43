// SPDX-License-Identifier: Apache-2.0
// A child process in a cgroup and a netns that makes sockets there for its parent: a socket belongs
// to the cgroup of the process that made it, whoever sends.
#pragma once

#include <sys/types.h>

#include "adapters/netns/netns.h"
#include "adapters/sys/fd.h"
#include "core/base/result.h"

#include <string>

namespace cgtally::traffic {

// One such process, as long as this lives; it also dies with its parent. While it lives, cgroup and
// netns have a process, as a container's have.
class SocketMaker {
 public:
  // The calling process must have one thread.
  static Result<SocketMaker> start(const std::string& cgroup_directory, const netns::Netns& netns);

  SocketMaker(SocketMaker&& other) noexcept;
  SocketMaker& operator=(SocketMaker&&) = delete;
  ~SocketMaker();

  [[nodiscard]] Result<sys::Fd> socket(int family, int type) const;

 private:
  SocketMaker(pid_t child, sys::Fd channel) : child_(child), channel_(std::move(channel)) {}

  pid_t child_ = -1;
  sys::Fd channel_;
};

}  // namespace cgtally::traffic
