// SPDX-License-Identifier: Apache-2.0
// Names of metrics and interfaces, as far as they tell what is counted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/series/series.h"
#include "core/traffic/direction.h"

namespace cgtally {

// The words of a name, in lower case: "network", "bytes", "out" of "NetworkBytesOut".
[[nodiscard]] std::vector<std::string> words_of(std::string_view name);
// "NetworkOut", "node_network_transmit_bytes_total": tx. std::nullopt: the name does not tell.
[[nodiscard]] std::optional<Direction> direction_of(std::string_view name);
// "NetworkPacketsOut" and the like count no bytes.
[[nodiscard]] bool counts_packets(std::string_view name);
// "swap_out", "disk_bytes_in", "tx_dropped": no bytes of a network.
[[nodiscard]] bool counts_other_things(std::string_view name);
// "p99", "maximum": not what passed in a row, but one moment of it.
[[nodiscard]] bool names_extreme(std::string_view name);
// "NetworkOut (Mbit/s)", "m1/PERIOD(m1)" for bytes: the name says a rate, or another unit.
[[nodiscard]] bool names_another_amount(std::string_view name, const SeriesUnit& unit);
// "time_ms", "minute": its numbers are no seconds.
[[nodiscard]] bool names_another_time(std::string_view name);
// Where the name of a column says something else than the options by which it is read, a sentence
// each.
[[nodiscard]] std::vector<std::string> doubts_of(std::string_view name, Direction direction,
                                                 const SeriesUnit& unit);
// The name without the words of a metric: "i-0123" of "i-0123 NetworkOut".
[[nodiscard]] std::string without_metric(std::string_view label);
// An interface whose traffic does not leave the host by itself: lo, veth, bridges of containers.
[[nodiscard]] bool is_internal(std::string_view iface);

}  // namespace cgtally
