// SPDX-License-Identifier: Apache-2.0
// Checks that nobody but root and this process's user can put something in the place of a pin. A
// BPF file system that was mounted without a mode lets everybody make directories in it.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::bpf {

// The code of an Error that says that a directory is not to be trusted.
inline constexpr int kUntrusted = 1;  // EPERM

// The BPF file system's root and each directory below it down to `path`: they belong to root or to
// this process's user, and others may write to none of them, or only with the sticky bit.
Result<void> check_way_to(const std::string& path);
// The directory at `path` is one, belongs to root or to this process's user, and nobody else may
// write to it. One that does not exist is fine.
Result<void> check_pin_directory(const std::string& path);
// Nobody else may open it: who can may hold its lock, and so keep every keeper out.
Result<void> check_lockable(const std::string& path);

// "mount it: mount -t bpf -o mode=0700 bpf /sys/fs/bpf"
[[nodiscard]] std::string how_to_mount_bpffs(const std::string& path);

}  // namespace cgtally::bpf
