// SPDX-License-Identifier: Apache-2.0
#include "core/traffic/ledger_summary.h"

#include <fmt/core.h>

#include "core/base/quantity.h"

namespace cgtally {
namespace {

std::string cpu_words(double cpus) {
  const double share = 100 * cpus;
  return share < 0.01 ? "less than 0.01 % of a CPU" : fmt::format("{:.2f} % of a CPU", share);
}

}  // namespace

std::optional<double> share_of_host(const CountingCost& cost) {
  if (cost.measured <= Nanoseconds::zero()) return std::nullopt;
  return static_cast<double>(cost.time.count()) / static_cast<double>(cost.measured.count()) /
         cost.cpus;
}

std::vector<std::string> cost_words(const CountingCost& cost) {
  const auto each = static_cast<std::uint64_t>(cost.time.count()) / cost.runs;
  const auto share = share_of_host(cost);
  const std::string cpu = share ? ", " + cpu_words(*share * cost.cpus) : "";
  std::vector<std::string> lines{
      fmt::format("{} ns per packet or super-packet{}: measured on {} in {}", format_count(each),
                  cpu, format_count(cost.runs), format_duration(cost.measured))};
  lines.push_back(
      cost.statistics
          ? fmt::format("without the {} ns that measuring takes of each",
                        format_count(static_cast<std::uint64_t>(cost.statistics->count())))
          : "with what measuring itself takes, which could not be told");
  if (share.value_or(0) > kCountingBudget) {
    lines.push_back(
        fmt::format("OVER the budget of {:.0f} % of all {} CPUs: count less, by -i NAME",
                    100 * kCountingBudget, cost.cpus));
  }
  return lines;
}

}  // namespace cgtally
