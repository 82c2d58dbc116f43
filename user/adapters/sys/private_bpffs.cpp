// SPDX-License-Identifier: Apache-2.0
#include "adapters/sys/private_bpffs.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/sys/error.h"

namespace cgtally::sys {

Result<std::string> cover_bpffs() {
  const std::string path = "/sys/fs/bpf";
  if (::unshare(CLONE_NEWNS) != 0) {
    return std::unexpected(
        error_from(errno, "make a mount namespace", "run it as root (a container: --privileged)"));
  }
  // What is mounted here stays here; what the host unmounts goes here, too.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return std::unexpected(error_from(errno, "keep mounts private"));
  }
  if (::mount("bpf", path.c_str(), "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") != 0) {
    return std::unexpected(error_from(errno, "mount a BPF file system at " + path,
                                      "the kernel needs CONFIG_BPF_SYSCALL, and /sys must be "
                                      "mounted"));
  }
  return path;
}

Result<void> make_writable(const std::string& mount_point) {
  if (::access(mount_point.c_str(), W_OK) == 0 || errno != EROFS) return {};
  const unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (::mount(nullptr, mount_point.c_str(), nullptr, flags, nullptr) == 0) return {};
  return std::unexpected(error_from(errno, "write to " + mount_point,
                                    "mount it without :ro (a container: --privileged)"));
}

}  // namespace cgtally::sys
