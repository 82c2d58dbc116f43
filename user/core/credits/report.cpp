// SPDX-License-Identifier: Apache-2.0
#include "core/credits/report.h"

#include <utility>

namespace cgtally {

void judge(CreditReport& report, std::vector<AllowanceSummary> allowances) {
  for (DirectionCredit& credit : report.ways) {
    const auto own =
        credit.way == Direction::tx ? AllowanceCounter::bw_out : AllowanceCounter::bw_in;
    for (const AllowanceSummary& one : allowances) {
      if (one.counter == own && one.there) credit.verdict = one.verdict;
    }
  }
  report.allowances = std::move(allowances);
}

}  // namespace cgtally
