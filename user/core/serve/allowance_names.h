// SPDX-License-Identifier: Apache-2.0
// Names that /metrics and the API have in common.
#pragma once

#include <string_view>

#include "core/instance/allowance_counters.h"

namespace cgtally::serve {

// "bw_out" of bw_out_allowance_exceeded, "conntrack_available".
[[nodiscard]] constexpr std::string_view allowance_short_name(AllowanceCounter counter) {
  switch (counter) {
    case AllowanceCounter::bw_in:
      return "bw_in";
    case AllowanceCounter::bw_out:
      return "bw_out";
    case AllowanceCounter::pps:
      return "pps";
    case AllowanceCounter::conntrack:
      return "conntrack";
    case AllowanceCounter::linklocal:
      return "linklocal";
    case AllowanceCounter::conntrack_available:
      return "conntrack_available";
  }
  return "";
}

}  // namespace cgtally::serve
