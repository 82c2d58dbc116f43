// SPDX-License-Identifier: Apache-2.0
// PrivateKeeper: a keeper of the self-test's own, in a child process, which can be killed.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "core/base/result.h"
#include "monitor/selftest/interrupt.h"

namespace cgtally::monitor {

struct KeeperSetting {
  std::string device;
  std::string bpffs;
  std::string host_root;
};

// Keeps a ledger in a BPF file system that nobody else sees, for one device of the netns of the
// calling thread. It dies with its parent at the latest. What it attached stays, until the
// namespaces end.
class PrivateKeeper {
 public:
  // Comes back when it counts. The process must have one thread.
  static Result<PrivateKeeper> start(const KeeperSetting& setting, Interrupt& interrupt);

  PrivateKeeper(PrivateKeeper&& other) noexcept : child_(std::exchange(other.child_, -1)) {}
  PrivateKeeper& operator=(PrivateKeeper&& other) noexcept {
    std::swap(child_, other.child_);
    return *this;
  }
  ~PrivateKeeper() { kill(); }

  // SIGKILL, as the kernel does it to a process when memory runs out.
  void kill();

 private:
  explicit PrivateKeeper(pid_t child) : child_(child) {}
  pid_t child_ = -1;
};

}  // namespace cgtally::monitor
