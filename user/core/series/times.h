// SPDX-License-Identifier: Apache-2.0
// Times as monitors write them: seconds, milliseconds, microseconds or nanoseconds since 1970, or a
// date and a time with or without a zone; a date alone is its midnight. "11/12/2026" is given both
// ways, for the other dates of its file to tell the order; what else can be read two ways is
// refused. The name of a zone ("CST") has several meanings, and is handed on as it is.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally {

// The order of day and month in a date with slashes, as far as that date tells; `none`: it has
// none.
enum class DateOrder : std::uint8_t { none, either, day_first, month_first };

struct ReadTime {
  Nanoseconds value{};         // since 1970 UTC; of a local time as if its clock showed UTC
  bool local = false;          // the text has no zone, or one whose name does not tell
  bool clock_only = false;     // nor a date: since midnight
  std::string_view zone = {};  // such a name: "CET"; a part of the text
  DateOrder order = DateOrder::none;
  Nanoseconds month_first{};  // the value with the month first, where the order is `either`
};
[[nodiscard]] Result<ReadTime> parse_series_time(std::string_view text);

}  // namespace cgtally
