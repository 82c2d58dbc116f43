// SPDX-License-Identifier: Apache-2.0
#include "core/bursts/groups.h"

#include <algorithm>
#include <utility>

namespace cgtally {
namespace {

bool within_factor_of_two(Bytes one, Bytes other) {
  return one.value <= other.value * 2 && other.value <= one.value * 2;
}

bool are_alike(const BurstGroup& run, const NamedBurst& named) {
  const ExplainedBurst& burst = named.burst;
  const ExplainedBurst& first = run.first.burst;
  return burst.iface == first.iface && burst.direction == first.direction &&
         named.account == run.first.account && burst.verdict.cause == first.verdict.cause &&
         burst.burst.incomplete == first.burst.incomplete &&
         burst.burst.start() <= run.end + BurstGrouper::kSpan &&
         within_factor_of_two(burst.burst.bytes, run.mean());
}

}  // namespace

BurstGroup::BurstGroup(NamedBurst burst)
    : first(std::move(burst)),
      begin(first.burst.burst.start()),
      end(first.burst.burst.end()),
      bytes(first.burst.burst.bytes),
      peak(first.burst.burst.peak_rate()) {}

void BurstGroup::add(const Burst& burst) {
  ++count;
  end = std::max(end, burst.end());
  bytes += burst.bytes;
  peak = std::max(peak, burst.peak_rate());
}

BurstGrouper::Run* BurstGrouper::run_of(const NamedBurst& burst) {
  const auto found =
      std::ranges::find_if(runs_, [&](const Run& run) { return are_alike(run.all, burst); });
  return found == runs_.end() ? nullptr : &*found;
}

std::optional<BurstGroup> BurstGrouper::add(NamedBurst burst) {
  Run* run = run_of(burst);
  if (run == nullptr) {
    BurstGroup alone(std::move(burst));
    runs_.push_back({.all = alone, .held = {}});
    return alone;
  }
  run->all.add(burst.burst.burst);
  if (run->all.count <= kShownAlone) return BurstGroup(std::move(burst));
  if (run->held) {
    run->held->add(burst.burst.burst);
  } else {
    run->held.emplace(std::move(burst));
  }
  return std::nullopt;
}

std::vector<BurstGroup> BurstGrouper::pop_due(Nanoseconds boot_time) {
  std::vector<BurstGroup> due;
  std::erase_if(runs_, [&](Run& run) {
    if (run.held && run.held->begin + kSpan <= boot_time) {
      due.push_back(*std::exchange(run.held, std::nullopt));
    }
    return !run.held && run.all.end + kSpan < boot_time;
  });
  std::ranges::stable_sort(due, {}, &BurstGroup::begin);
  return due;
}

std::vector<BurstGroup> BurstGrouper::finish() { return pop_due(Nanoseconds::max()); }

}  // namespace cgtally
