// SPDX-License-Identifier: Apache-2.0
// Times as monitors write them: seconds, milliseconds, microseconds or nanoseconds since 1970, or a
// date and a time with or without a zone. A date that can be read two ways ("11/12/2026") is
// refused.
// The name of a zone ("CST") has several meanings, and is handed on as it is.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally {

struct ReadTime {
  Nanoseconds value{};         // since 1970 UTC; of a local time as if its clock showed UTC
  bool local = false;          // the text has no zone, or one whose name does not tell
  bool clock_only = false;     // nor a date: since midnight
  std::string_view zone = {};  // such a name: "CET"; a part of the text
};
[[nodiscard]] Result<ReadTime> parse_series_time(std::string_view text);

}  // namespace cgtally
