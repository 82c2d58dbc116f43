// SPDX-License-Identifier: Apache-2.0
// Where a thread stands among those that want the CPU.
#pragma once

namespace cgtally::sys {

// The calling thread comes first whenever it wakes up: for one that must be in time and needs
// little. Where that is not permitted it stays as it is.
void hurry_this_thread();

}  // namespace cgtally::sys
