// SPDX-License-Identifier: Apache-2.0
// Writes to descriptors that may have no room: a pipe with a slow reader, a stopped terminal. The
// caller chooses how to wait for room, so that a signal can end the wait. An abandoned write ends
// with a whole line, if lines fit into PIPE_BUF.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/base/units.h"

namespace cgtally::sys {

using WaitForRoom = std::function<bool(int fd)>;  // false: abandon the write

// Returns 0 or an errno; ECANCELED: `wait` abandoned the write. Without `wait`, blocks.
[[nodiscard]] int write_all(int fd, std::string_view text, const WaitForRoom& wait = {});

// Waits until `fd` has room or is broken. False: `or_readable` (-1: none) became readable first,
// the time is up, or a signal handler has run.
[[nodiscard]] bool wait_writable(int fd, int or_readable, std::optional<Nanoseconds> limit);

}  // namespace cgtally::sys
