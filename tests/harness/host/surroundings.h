// SPDX-License-Identifier: Apache-2.0
// Changes what a program may do, and which file systems it sees. Each function changes the calling
// thread, and the programs that it starts afterwards, for good: call them in_own_thread().
#pragma once

#include <linux/capability.h>

#include <string>
#include <vector>

#include "harness/host/netns.h"

namespace cgtally::harness {

void move_to(const Netns& netns);

// The thread becomes an ordinary user with these capabilities and no others.
void become_nobody(const std::vector<int>& capabilities = {});
// Root stays root, but what it starts has these capabilities only, as in a container.
void limit_root_to(const std::vector<int>& capabilities);

// Mounts that are made or taken away from now on are seen by nobody else.
void own_mounts();
// An empty tmpfs over a directory; `options` as of mount -o.
void cover(const std::string& directory, const std::string& options = "");
void make_read_only(const std::string& directory);
void unmount_every_cgroup2();

}  // namespace cgtally::harness
