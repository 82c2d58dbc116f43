// SPDX-License-Identifier: Apache-2.0
// The number of TCP sockets of a netns, as the kernel counts them all the time: far cheaper than a
// dump of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace cgtally::netns {

// Of both address families in the calling thread's netns, listeners included, TIME_WAIT and
// half-open requests not. Empty: /proc does not tell.
[[nodiscard]] std::optional<std::uint64_t> tcp_in_use();

// The number after `protocol` and "inuse" in the text of a sockstat: "TCP: inuse 3 orphan 0".
[[nodiscard]] std::optional<std::uint64_t> in_use_of(std::string_view sockstat,
                                                     std::string_view protocol);

}  // namespace cgtally::netns
