// SPDX-License-Identifier: Apache-2.0
#include "monitor/selftest/conserve.h"

#include <algorithm>
#include <variant>

namespace cgtally::monitor {
namespace {

Result<BothSides> quiet(CheckContext& context, WireTruth truth) {
  const auto now = context.sides.read();
  if (!now) return now;
  if (auto settled = context.sides.settle(*now, truth); !settled) return settled;
  return context.sides.read();
}

Result<Traffic> of_part(const KnownPart& part) {
  Traffic all = part.traffic;
  if (!part.connection) return all;
  const auto carried = carried_by(*part.connection);
  if (!carried) return carried;
  const Step by = step(part.carried_before, *carried);
  if (const auto* advanced = std::get_if<Advanced>(&by)) all += advanced->by;
  return all;
}

}  // namespace

Result<selftest::CheckResult> conserve(CheckContext& context, const std::string& name,
                                       WireTruth truth,
                                       const std::function<Result<MadeTraffic>()>& make) {
  const auto base = quiet(context, truth);
  if (!base) return std::unexpected(base.error());
  auto made = make();
  if (!made) return std::unexpected(std::move(made).error());
  const auto since = context.sides.settle(*base, truth);
  if (!since) return std::unexpected(since.error());
  const Traffic& wire = truth == WireTruth::device ? since->device : since->queues;
  auto figures = selftest::both_ways(wire, since->counted);
  for (const KnownPart& part : made->known) {
    const auto expected = of_part(part);
    if (!expected) return std::unexpected(expected.error());
    auto of_one = selftest::both_ways(*expected, of_cgroup(*since, part.cgroup_id), part.whose);
    std::ranges::move(of_one, std::back_inserter(figures));
  }
  std::ranges::move(made->arrived, std::back_inserter(figures));
  return selftest::judge(name, std::move(figures));
}

}  // namespace cgtally::monitor
