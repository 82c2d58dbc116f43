// SPDX-License-Identifier: Apache-2.0
// RemovedCgroup between two instructions. Whatever a killed process leaves behind is what others
// can see of it; so to kill it after each change that they can see is to kill it everywhere.
#pragma once

#include <cstddef>
#include <functional>

namespace cgtally::harness {

// Writable and page-aligned; `body` changes nothing else that others see before it writes there.
struct FirstWritten {
  void* memory;
  std::size_t bytes;
};

// Runs `body` in a child, from its first write to `first` on instruction by instruction, and kills
// it (SIGKILL) once `changed`, which is asked in this process after each of them, has said yes
// `after` times. False if the child came to its end before.
[[nodiscard]] bool killed_after_change(const FirstWritten& first, const std::function<void()>& body,
                                       const std::function<bool()>& changed, int after);

}  // namespace cgtally::harness
