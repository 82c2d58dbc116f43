// SPDX-License-Identifier: Apache-2.0
// Quantities as people write and read them. Parsing is strict: a number needs a unit, and an error
// shows an example of a right value. Everything is decimal; a binary unit (KiB) is understood, but
// never shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally {

[[nodiscard]] Result<Nanoseconds> parse_duration(std::string_view text);  // "100ms" "1s" "2m30s"
[[nodiscard]] Result<BitRate> parse_bit_rate(std::string_view text);      // "64Mbit" "5Gbit"
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);           // "100MB" "32kB" "1MiB"

// The short forms stand under a header that names the unit.
[[nodiscard]] std::string format_bit_rate(BitRate rate);        // "6.21 Mbit/s"
[[nodiscard]] std::string format_bit_rate_short(BitRate rate);  // "6.21 M"
[[nodiscard]] std::string format_bytes(Bytes bytes);            // "112.4 GB"
[[nodiscard]] std::string format_packet_rate(PacketRate rate);  // "24 655"
[[nodiscard]] std::string format_count(std::uint64_t count);    // "2 301"
[[nodiscard]] std::string format_duration(Nanoseconds span);    // "100 ms" "1.00 s" "2m28s" "3d04h"

}  // namespace cgtally
