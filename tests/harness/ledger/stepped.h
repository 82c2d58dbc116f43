// SPDX-License-Identifier: Apache-2.0
// Kills a child process between two instructions. A killed process leaves only what others can see
// of it, so killing it after each change that others can see covers every instruction.
#pragma once

#include <cstddef>
#include <functional>

namespace cgtally::harness {

// Writable and page-aligned memory. `body` writes here before it changes anything else that others
// can see.
struct FirstWritten {
  void* memory;
  std::size_t bytes;
};

// Runs `body` in a child; from its first write to `first` on, instruction by instruction. This
// process calls `changed` after each instruction and kills the child (SIGKILL) when it has returned
// true `after` times. False if the child ended before.
[[nodiscard]] bool killed_after_change(const FirstWritten& first, const std::function<void()>& body,
                                       const std::function<bool()>& changed, int after);

}  // namespace cgtally::harness
