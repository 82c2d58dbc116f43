// SPDX-License-Identifier: Apache-2.0
// Wall time as text: RFC 3339 in UTC. Recordings have all nine digits of the fraction, so that a
// time is the same after writing and reading. Wall time is a label; no interval is ever computed
// from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.h"

namespace cgtally {

// All take nanoseconds since 1970-01-01 UTC.
[[nodiscard]] std::string format_timestamp(Nanoseconds wall);  // 2026-11-21T11:42:07.123456789Z
[[nodiscard]] std::string format_date_time(Nanoseconds wall);  // 2026-11-21 11:42:07Z
[[nodiscard]] std::string format_clock(Nanoseconds wall);      // 11:42:07Z

// The shortest form that tells the moment apart in a time from `begin` to `end`: with its date
// where those lie on several days, or the moment on another one.
[[nodiscard]] std::string time_beside(Nanoseconds wall, Nanoseconds begin, Nanoseconds end);

// What a duration or a boot clock in a recording may be: the sum of a time that parse_timestamp()
// accepts and one of these is less than 64 bits have room for.
constexpr Nanoseconds kLongest = std::chrono::hours{24 * 365 * 60};

// Strict, except that the fraction may have fewer digits or be missing. Years from 1970 to 2199.
[[nodiscard]] std::optional<Nanoseconds> parse_timestamp(std::string_view text);

}  // namespace cgtally
