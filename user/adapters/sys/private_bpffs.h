// SPDX-License-Identifier: Apache-2.0
// A BPF file system that only this process and its children see. The kernel removes it, and all
// that is pinned there, when the last of them has gone, whatever ended them.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cgtally::sys {

// Until it ends, the process is in a mount namespace of its own, where an empty BPF file system
// covers the usual one: pins of others can be neither seen nor touched. All other files are where
// they were. The result is the path.
Result<std::string> cover_bpffs();

// After cover_bpffs(): where that mount is read-only, as a container's may be, this process and its
// children may write there. An Error if they cannot be allowed to.
Result<void> make_writable(const std::string& mount_point);

}  // namespace cgtally::sys
