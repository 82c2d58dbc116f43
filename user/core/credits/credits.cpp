// SPDX-License-Identifier: Apache-2.0
#include "core/credits/credits.h"

#include <utility>

#include "core/base/timestamp.h"

namespace cgtally {
namespace {

Bucket restored(const CreditTerms& terms, const SavedCredits& memory, Direction way,
                const Resumption& since, const Moment& now) {
  const SavedBucket& bucket = memory.of(way);
  if (!since.same_instance) {
    Bucket fresh(with_learned(terms, bucket, false), BucketStart::unknown, now);
    fresh.lose_track(now, since.how);
    return fresh;
  }
  Bucket again(terms, bucket, memory.place.at);
  if (!since.same_boot) {
    again.lose_track(now, since.how);
  } else {
    again.pause(now, since.gap,
                since.charged ? std::optional(bytes_of(*since.charged, way)) : std::nullopt,
                bytes_of(since.unseen, way));
  }
  return again;
}

}  // namespace

// A capacity that was learned on another instance of this type is worth less than one of its own.
CreditTerms with_learned(const CreditTerms& terms, const SavedBucket& memory, bool same_instance) {
  CreditTerms with = terms;
  if (terms.capacity_basis == Basis::prior && memory.capacity_basis == Basis::learned &&
      memory.capacity.bounded()) {
    with.capacity = same_instance
                        ? memory.capacity
                        : learned_elsewhere((memory.capacity.lo + memory.capacity.hi) / 2);
    with.capacity_basis = Basis::learned;
  }
  return with;
}

Credits::Credits(const CreditTerms& tx, const CreditTerms& rx, BucketStart start, const Moment& now)
    : tx_(tx, start, now), rx_(rx, start, now) {}

Credits::Credits(const CreditTerms& terms, const SavedCredits& memory, const Resumption& since,
                 const Moment& now)
    : tx_(restored(terms, memory, Direction::tx, since, now)),
      rx_(restored(terms, memory, Direction::rx, since, now)) {}

void Credits::advance(const CreditInterval& interval) {
  last_ = interval;
  for (const Direction way : {Direction::tx, Direction::rx}) {
    const CounterGain& counter = interval.counter(way);
    (way == Direction::tx ? tx_ : rx_)
        .advance({.now = interval.now,
                  .elapsed = interval.elapsed,
                  .charged = bytes_of(interval.charged, way),
                  .packets = packets_of(interval.charged, way),
                  .exceeded = counter.gained,
                  .has_counter = counter.there});
  }
}

void Credits::name(const std::vector<Sample>& samples, const Moment& now) {
  drainers_.add(samples, now);
}

void Credits::pause(const Moment& now, Nanoseconds gap, const std::optional<Traffic>& charged) {
  for (const Direction way : {Direction::tx, Direction::rx}) {
    (way == Direction::tx ? tx_ : rx_)
        .pause(now, gap, charged ? std::optional(bytes_of(*charged, way)) : std::nullopt);
  }
}

void Credits::lose_track(const Moment& now, const std::string& reason) {
  tx_.lose_track(now, reason);
  rx_.lose_track(now, reason);
}

DirectionCredit Credits::way(Direction way, std::size_t most_named) const {
  const Bucket& bucket = this->bucket(way);
  DirectionCredit credit{
      .way = way,
      .state = bucket.state(),
      .terms = bucket.terms(),
      .rate = rate(bytes_of(last_.charged, way), last_.elapsed).value_or(BitRate{}),
      .mean = bucket.rate(),
      .balance = bucket.balance(),
      .capacity = bucket.capacity(),
      .capacity_basis = bucket.capacity_basis(),
      .empty = bucket.time_to_empty(),
      .known_after_rest = bucket.known_after_rest(),
      .exceeded = last_.counter(way).gained,
      .who = drainers_.top(way, most_named)};
  for (const BucketEvidence& one : bucket.evidence()) {
    credit.why.push_back(format_clock(one.when.wall) + " " + one.sentence);
  }
  return credit;
}

std::array<DirectionCredit, 2> Credits::ways(std::size_t most_named) const {
  return {way(Direction::tx, most_named), way(Direction::rx, most_named)};
}

SavedCredits Credits::memory(CreditIdentity place) const {
  return {.place = std::move(place), .tx = tx_.memory(), .rx = rx_.memory()};
}

}  // namespace cgtally
