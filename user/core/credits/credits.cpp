// SPDX-License-Identifier: Apache-2.0
#include "core/credits/credits.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <map>
#include <ranges>
#include <string_view>
#include <utility>

#include "core/base/timestamp.h"

namespace cgtally {
namespace {

std::optional<Bytes> bytes_if_known(const std::optional<Traffic>& traffic, Direction direction) {
  return traffic ? std::optional(bytes_of(*traffic, direction)) : std::nullopt;
}

Bucket restored(const CreditTerms& terms, const SavedCredits& saved, const SaveGap& since,
                const Moment& now, Direction direction) {
  const SavedBucket& bucket = saved.buckets[direction];
  if (!since.same_instance) {
    Bucket fresh(with_learned(terms, bucket, false), BucketStart::unknown, now);
    fresh.lose_track(now, since.explanation);
    return fresh;
  }
  Bucket resumed(terms, bucket, saved.identity.at);
  if (since.same_boot) {
    resumed.pause(now, since.length, bytes_if_known(since.charged, direction),
                  bytes_of(since.unseen, direction));
  } else {
    resumed.lose_track(now, since.explanation);
  }
  return resumed;
}

}  // namespace

CreditTerms with_learned(const CreditTerms& terms, const SavedBucket& saved, bool same_instance) {
  CreditTerms with = terms;
  if (terms.capacity_basis == Basis::prior && saved.capacity_basis == Basis::learned &&
      saved.capacity.bounded()) {
    with.capacity = same_instance ? saved.capacity : learned_elsewhere(saved.capacity.middle());
    with.capacity_basis = Basis::learned;
  }
  return with;
}

Credits::Credits(const PerDirection<CreditTerms>& terms, BucketStart start, const Moment& now)
    : buckets_{.rx = Bucket(terms.rx, start, now), .tx = Bucket(terms.tx, start, now)},
      begin_(now.wall) {}

Credits::Credits(const CreditTerms& terms, const SavedCredits& saved, const SaveGap& since,
                 const Moment& now)
    : buckets_{.rx = restored(terms, saved, since, now, Direction::rx),
               .tx = restored(terms, saved, since, now, Direction::tx)},
      begin_(now.wall) {}

PerDirection<FlowCount> flow_counts(const std::vector<Sample>& samples) {
  constexpr double kAlone = 0.9;
  struct Sender {
    std::uint64_t bytes = 0;
    std::uint64_t connections = 0;
  };
  PerDirection<FlowCount> flows{};
  for (const Direction direction : kDirections) {
    std::map<std::string_view, Sender> accounts;
    std::uint64_t all = 0;
    for (const Sample& sample : samples) {
      const std::uint64_t bytes = bytes_of(sample.delta, direction).value;
      Sender& account = accounts[sample.account];
      account.bytes += bytes;
      account.connections = std::max(account.connections, sample.tcp_connections.value_or(0));
      all += bytes;
    }
    if (all == 0) continue;
    const Sender top = std::ranges::max(accounts | std::views::values, std::less{}, &Sender::bytes);
    const double share = static_cast<double>(top.bytes) / static_cast<double>(all);
    flows[direction] = share <= kAlone        ? FlowCount::several
                       : top.connections >= 2 ? FlowCount::perhaps_several
                                              : FlowCount::unknown;
  }
  return flows;
}

void Credits::advance(const CreditInterval& interval) {
  last_ = interval;
  for (const Direction direction : kDirections) {
    if (interval.unknown[direction]) {
      pause_unmeasured(interval, direction);
      continue;
    }
    const CounterGain& counter = interval.counters[direction];
    buckets_[direction].advance({.now = interval.now,
                                 .elapsed = interval.elapsed,
                                 .charged = bytes_of(interval.charged, direction),
                                 .packets = packets_of(interval.charged, direction),
                                 .exceeded = counter.gained,
                                 .has_counter = counter.there,
                                 .flows = interval.flows[direction]});
  }
}

void Credits::pause_unmeasured(const CreditInterval& interval, Direction direction) {
  Bucket& bucket = buckets_[direction];
  const Bytes least = bytes_of(interval.charged, direction);
  if (least == Bytes{}) {
    bucket.pause(interval.now, interval.elapsed, std::nullopt);
    return;
  }
  constexpr double kBits = 8;  // of a byte
  const double most = static_cast<double>(bucket.terms().burst.bits_per_second) / kBits *
                      std::chrono::duration<double>(interval.elapsed).count();
  const double more = std::max(0.0, most - static_cast<double>(least.value));
  bucket.pause(interval.now, interval.elapsed, least, {static_cast<std::uint64_t>(more)});
}

void Credits::add_samples(const std::vector<Sample>& samples, const Moment& now) {
  top_accounts_.add(samples, now);
}

void Credits::pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged) {
  for (const Direction direction : kDirections) {
    buckets_[direction].pause(now, gap, bytes_if_known(charged, direction));
  }
}

void Credits::lose_track(const Moment& now, std::string_view reason) {
  for (const Direction direction : kDirections) buckets_[direction].lose_track(now, reason);
}

DirectionCredit Credits::credit_of(Direction direction, std::size_t most_named) const {
  DirectionCredit credit = figures(direction);
  credit.top_accounts = top_accounts_.top(direction, most_named);
  for (const BucketEvidence& one : buckets_[direction].evidence()) {
    credit.evidence.push_back(
        fmt::format("{} {}", time_beside(one.when.wall, begin_, last_.now.wall), one.sentence));
  }
  return credit;
}

DirectionCredit Credits::figures(Direction direction) const {
  const Bucket& bucket = buckets_[direction];
  return {.direction = direction,
          .state = bucket.state(),
          .terms = bucket.terms(),
          .rate = rate(bytes_of(last_.charged, direction), last_.elapsed).value_or(BitRate{}),
          .mean = bucket.rate(),
          .balance = bucket.balance(),
          .capacity = bucket.capacity(),
          .share = bucket.share(),
          .capacity_basis = bucket.capacity_basis(),
          .perhaps_empty = bucket.perhaps_empty(),
          .plateau_s = bucket.plateau_seconds(),
          .empty = bucket.time_to_empty(),
          .known_after_rest = bucket.known_after_rest(),
          .exceeded = last_.counters[direction].gained,
          .top_accounts = {},
          .recorded = !last_.unknown[direction]};
}

PerDirection<DirectionCredit> Credits::directions(std::size_t most_named) const {
  return {.rx = credit_of(Direction::rx, most_named), .tx = credit_of(Direction::tx, most_named)};
}

SavedCredits Credits::saved_state(CreditIdentity identity) const {
  return {.identity = std::move(identity),
          .buckets = {.rx = buckets_.rx.saved_state(), .tx = buckets_.tx.saved_state()}};
}

void set_allowances(CreditReport& report, std::vector<AllowanceSummary> allowances) {
  for (const AllowanceSummary& one : allowances) {
    if (!one.there) continue;
    if (one.counter == AllowanceCounter::bw_out) report.directions.tx.verdict = one.verdict;
    if (one.counter == AllowanceCounter::bw_in) report.directions.rx.verdict = one.verdict;
  }
  report.allowances = std::move(allowances);
}

}  // namespace cgtally
