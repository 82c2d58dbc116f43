// SPDX-License-Identifier: Apache-2.0
// Writing to what may have no room: a pipe whose reader is slow, a terminal that is stopped. Who
// waits for room is the caller's choice, so that something else, such as a signal, can end the
// wait; and what has been given up ends with a whole line, as long as lines fit into PIPE_BUF.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/base/units.h"

namespace cgtally::sys {

using WaitForRoom = std::function<bool(int fd)>;  // false: give up

// 0, or an errno; ECANCELED: given up. Without `wait` it waits as long as it takes.
[[nodiscard]] int write_all(int fd, std::string_view text, const WaitForRoom& wait = {});

// Until `fd` has room or cannot be written any more. False: `or_readable` (-1: nothing) became
// readable first, the time is up, or a signal handler has run.
[[nodiscard]] bool wait_writable(int fd, int or_readable, std::optional<Nanoseconds> limit);

}  // namespace cgtally::sys
