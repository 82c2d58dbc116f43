// SPDX-License-Identifier: Apache-2.0
#include "adapters/netns/mount_watcher.h"

#include <fcntl.h>

#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::netns {

Result<MountWatcher> MountWatcher::open() {
  sys::Fd mounts(::open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!mounts) return std::unexpected(sys::error_from(errno, "open /proc/thread-self/mountinfo"));
  return MountWatcher(std::move(mounts));
}

}  // namespace cgtally::netns
