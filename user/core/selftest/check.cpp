// SPDX-License-Identifier: Apache-2.0
#include "core/selftest/check.h"

#include <algorithm>
#include <utility>

namespace cgtally::selftest {

std::string_view outcome_name(CheckOutcome outcome) {
  switch (outcome) {
    case CheckOutcome::ok:
      return "ok";
    case CheckOutcome::failed:
      return "FAILED";
    case CheckOutcome::skipped:
      break;
  }
  return "skipped";
}

CheckResult judge(std::string name, std::vector<Figure> figures) {
  const bool all_hold = std::ranges::all_of(figures, &Figure::holds);
  return {.name = std::move(name),
          .outcome = all_hold ? CheckOutcome::ok : CheckOutcome::failed,
          .detail = {},
          .figures = std::move(figures)};
}

CheckResult skip(std::string name, std::string why) {
  return {.name = std::move(name),
          .outcome = CheckOutcome::skipped,
          .detail = std::move(why),
          .figures = {}};
}

CheckResult fail(std::string name, std::string what) {
  return {.name = std::move(name),
          .outcome = CheckOutcome::failed,
          .detail = std::move(what),
          .figures = {}};
}

std::vector<Figure> both_ways(const Traffic& expected, const Traffic& seen, const std::string& of) {
  return {{.what = of + "sent",
           .expected = {.bytes = expected.tx_bytes, .packets = expected.tx_packets},
           .seen = {.bytes = seen.tx_bytes, .packets = seen.tx_packets}},
          {.what = of + "received",
           .expected = {.bytes = expected.rx_bytes, .packets = expected.rx_packets},
           .seen = {.bytes = seen.rx_bytes, .packets = seen.rx_packets}}};
}

bool any_failed(const std::vector<CheckResult>& results) {
  return std::ranges::any_of(
      results, [](const CheckResult& one) { return one.outcome == CheckOutcome::failed; });
}

}  // namespace cgtally::selftest
