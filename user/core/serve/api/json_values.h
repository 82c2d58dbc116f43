// SPDX-License-Identifier: Apache-2.0
// What the documents of the API write again and again: times, rates, values that are not known.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/base/timestamp.h"
#include "core/base/units.h"

namespace cgtally::serve {

[[nodiscard]] inline double seconds(Nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// In milliseconds.
inline void put_time(JsonWriter& json, std::string_view key, Nanoseconds wall) {
  constexpr std::size_t kUpToMilliseconds = 23;
  json.key(key).value(format_timestamp(wall).substr(0, kUpToMilliseconds) + "Z");
}

template <typename Value>
void put(JsonWriter& json, std::string_view key, const Value& value) {
  json.key(key).value(value);
}

inline void put_seconds(JsonWriter& json, std::string_view key,
                        const std::optional<Nanoseconds>& time) {
  json.key(key);
  time ? json.value(seconds(*time)) : json.null();
}

template <typename Value>
void put_known(JsonWriter& json, std::string_view key, const std::optional<Value>& value) {
  json.key(key);
  value ? json.value(*value) : json.null();
}

inline void put_rate(JsonWriter& json, std::string_view key, BitRate rate) {
  json.key(key).value(rate.bits_per_second);
}

}  // namespace cgtally::serve
