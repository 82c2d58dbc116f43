// SPDX-License-Identifier: Apache-2.0
// Reports mounts and unmounts. A network namespace has a name by a mount on a file in /run/netns,
// so this tells at once that a name leads to a namespace, or does not any more.
#pragma once

#include "adapters/sys/fd.h"
#include "core/base/result.h"

namespace cgtally::netns {

// The mounts of the mount namespace in which it was opened, mounts that are propagated from the
// host included. Tells that something changed, not what. Needs no read: a poll by
// sys::Readiness::exceptional that has reported a change is quiet until the next one.
class MountWatcher {
 public:
  static Result<MountWatcher> open();
  [[nodiscard]] int fd() const { return mounts_.get(); }

 private:
  explicit MountWatcher(sys::Fd mounts) : mounts_(std::move(mounts)) {}
  sys::Fd mounts_;
};

}  // namespace cgtally::netns
