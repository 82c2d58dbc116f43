// SPDX-License-Identifier: Apache-2.0
// Kills a program at a moment of the test's choice: before or after its n-th system call that
// changes something that others can see (BPF links and pins, netlink, names in a file system).
// Where a random SIGKILL would have to be lucky, a test can try each of these moments.
#pragma once

#include <string>
#include <vector>

namespace cgtally::harness {

// Moments count from 1. False: the program has no such moment before it ends or waits for events;
// it is killed then, too.
[[nodiscard]] bool killed_at(const std::vector<std::string>& argv, int moment);

}  // namespace cgtally::harness
