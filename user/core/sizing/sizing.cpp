// SPDX-License-Identifier: Apache-2.0
// Amounts are 128-bit integers in bits times 10^9, that is a rate times nanoseconds: nothing is
// rounded.
#include "core/sizing/sizing.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "core/base/enum_names.h"

namespace cgtally::sizing {
namespace {

using Wide = __int128;

constexpr Wide kPerByte = Wide{8} * 1'000'000'000;
constexpr Wide kPerPacket = 1'000'000'000;

constexpr EnumNames<Limit::out_internet> kLimitNames{"in",  "out",   "in peak",    "out peak",
                                                     "pps", "conns", "in gateway", "out gateway"};

Wide bits_of(Bytes bytes) { return Wide{bytes.value} * kPerByte; }
Wide granted(BitRate rate, Nanoseconds elapsed) {
  return Wide{rate.bits_per_second} * elapsed.count();
}

double share(Wide used, Wide limit) {
  return static_cast<double>(used) / static_cast<double>(limit);
}

// The result of one pass through the stream.
struct Pass {
  Wide balance = 0;                        // at the end
  Wide lost = 0;                           // spent less earned, for a bucket that never fills up
  Wide worst = 0;                          // the highest `lost` after any step
  std::optional<Nanoseconds> empty_after;  // if set, the other members are not valid
};

Pass pass_through(const Stream& stream, BitRate baseline, Wide capacity, Wide balance) {
  Pass pass{.balance = balance, .empty_after = std::nullopt};
  Nanoseconds passed{};
  for (std::size_t i = 0; i < stream.bytes.size(); ++i) {
    const Nanoseconds elapsed = stream.elapsed[i];
    const Wide spent = bits_of(stream.bytes[i]) - granted(baseline, elapsed);
    if (spent > pass.balance) {
      // The rate is taken as even within a step.
      const auto part = static_cast<long double>(pass.balance) / static_cast<long double>(spent);
      const auto into = part * static_cast<long double>(elapsed.count());
      pass.empty_after = passed + Nanoseconds{static_cast<std::int64_t>(into)};
      return pass;
    }
    pass.balance = std::min(capacity, pass.balance - spent);
    pass.lost += spent;
    pass.worst = std::max(pass.worst, pass.lost);
    passed += elapsed;
  }
  return pass;
}

Nanoseconds after(Wide passes, Nanoseconds length, Nanoseconds then) {
  const Wide all = passes * length.count() + then.count();
  constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
  return Nanoseconds{static_cast<std::int64_t>(std::min(all, kMost))};
}

Bytes whole_bytes(double bytes) {
  constexpr double kMost = 1e18;
  return {static_cast<std::uint64_t>(std::clamp(bytes, 0.0, kMost))};
}

std::optional<Nanoseconds> sooner(std::optional<Nanoseconds> a, std::optional<Nanoseconds> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::string_view limit_name(Limit limit) { return kLimitNames[limit]; }

// Two passes show all that can happen. A stream that loses more than it earns never fills the
// bucket again after the first pass; from then on each pass takes the same, so whole passes are
// skipped by a division. A stream that does not lose is the same in each pass after the first.
std::optional<Nanoseconds> time_to_empty(const Stream& stream, BitRate baseline, Bytes capacity) {
  const Wide most = bits_of(capacity);
  const Nanoseconds length =
      std::accumulate(stream.elapsed.begin(), stream.elapsed.end(), Nanoseconds{});
  const Pass first = pass_through(stream, baseline, most, most);
  if (first.empty_after) return first.empty_after;
  const Pass second = pass_through(stream, baseline, most, first.balance);
  if (second.empty_after) return after(1, length, *second.empty_after);
  if (second.lost <= 0) return std::nullopt;
  // Skips the passes that begin with at least what the worst step takes: none of them ends empty.
  Wide passes = std::max<Wide>((second.balance - second.worst) / second.lost, 0);
  for (;; ++passes) {
    const Pass last = pass_through(stream, baseline, most, second.balance - passes * second.lost);
    if (last.empty_after) return after(2 + passes, length, *last.empty_after);
  }
}

Sizing::Sizing(const Workload& load, const GivenLimits& limits)
    : length_(load.length()),
      limits_(limits),
      loads_{.rx = direction_load(load, Direction::rx), .tx = direction_load(load, Direction::tx)} {
  for (const WorkloadStep& step : load.steps) {
    const Wide packets = Wide{step.traffic.rx_packets.value} + step.traffic.tx_packets.value;
    packets_peak_ = std::max(packets_peak_, share(packets * kPerPacket, step.elapsed.count()));
  }
}

Sizing::DirectionLoad Sizing::direction_load(const Workload& load, Direction direction) {
  DirectionLoad made;
  for (const WorkloadStep& step : load.steps) {
    const Bytes bytes = bytes_of(step.traffic, direction);
    made.stream.elapsed.push_back(step.elapsed);
    made.stream.bytes.push_back(bytes);
    made.total += bytes.value;
    const std::size_t now = made.stream.bytes.size() - 1;
    const Wide this_one = Wide{bytes.value} * made.stream.elapsed[made.fastest].count();
    const Wide so_far = Wide{made.stream.bytes[made.fastest].value} * step.elapsed.count();
    if (this_one > so_far) made.fastest = now;
  }
  return made;
}

void Sizing::add_uses(std::vector<Use>& uses, Direction direction, const CreditTerms& terms) const {
  const bool out = direction == Direction::tx;
  const DirectionLoad& load = loads_[direction];
  const Wide peak = bits_of(load.stream.bytes[load.fastest]);
  const Wide most = granted(terms.burst, load.stream.elapsed[load.fastest]);
  uses.push_back({.limit = out ? Limit::out : Limit::in,
                  .share = share(bits_of({load.total}), granted(terms.baseline, length_)),
                  .crossed = false});
  uses.push_back({.limit = out ? Limit::out_peak : Limit::in_peak,
                  .share = share(peak, most),
                  .crossed = peak > most});
}

void Sizing::add_internet(std::vector<Use>& uses, Direction direction, BitRate limit) const {
  const DirectionLoad& load = loads_[direction];
  const Wide peak = bits_of(load.stream.bytes[load.fastest]);
  const Wide most = granted(limit, load.stream.elapsed[load.fastest]);
  uses.push_back({.limit = direction == Direction::tx ? Limit::out_internet : Limit::in_internet,
                  .share = share(peak, most),
                  .crossed = peak > most});
}

std::vector<Sizing::Use> Sizing::uses(const CreditTerms& terms,
                                      std::optional<BitRate> gateway) const {
  std::vector<Use> found;
  add_uses(found, Direction::tx, terms);
  add_uses(found, Direction::rx, terms);
  if (gateway) {
    add_internet(found, Direction::tx, *gateway);
    add_internet(found, Direction::rx, *gateway);
  }
  if (limits_.packets_per_second) {
    const double used = packets_peak_ / static_cast<double>(*limits_.packets_per_second);
    found.push_back({.limit = Limit::packets, .share = used, .crossed = used > 1});
  }
  if (limits_.connections && limits_.connections_limit) {
    const double used = share(*limits_.connections, *limits_.connections_limit);
    found.push_back({.limit = Limit::connections, .share = used, .crossed = used > 1});
  }
  return found;
}

std::optional<Nanoseconds> Sizing::time_to_empty_of(Direction direction, BitRate baseline,
                                                    double capacity) {
  DirectionLoad& load = loads_[direction];
  const Wide peak = bits_of(load.stream.bytes[load.fastest]);
  if (peak <= granted(baseline, load.stream.elapsed[load.fastest])) return std::nullopt;
  const Bytes bytes = whole_bytes(capacity);
  const auto [entry, is_new] = load.known_times.try_emplace({baseline, bytes.value});
  if (is_new) entry->second = time_to_empty(load.stream, baseline, bytes);
  return entry->second;
}

Fit Sizing::fit(const CreditTerms& terms, std::optional<BitRate> gateway) {
  const std::vector<Use> all = uses(terms, gateway);
  // A limit that no bucket helps with binds before any other.
  const auto binding = std::ranges::max_element(
      all, {}, [](const Use& use) { return std::pair{use.crossed, use.share}; });
  Fit result{.earliest = std::nullopt,
             .latest = std::nullopt,
             .binds = binding->limit,
             .margin = 1 - binding->share};
  if (binding->crossed) {
    result.verdict = Verdict::exceeds;
    result.over_the_load = false;
  } else if (terms.has_credits()) {
    add_times(result, terms);
  }
  return result;
}

void Sizing::add_times(Fit& fit, const CreditTerms& terms) {
  const auto in = time_to_empty_of(Direction::rx, terms.baseline, terms.capacity.lo);
  const auto out = time_to_empty_of(Direction::tx, terms.baseline, terms.capacity.lo);
  fit.earliest = sooner(in, out);
  if (!fit.earliest) return;
  fit.verdict = Verdict::empties;
  fit.over_the_load = *fit.earliest >= length_;
  if (terms.capacity.bounded()) {
    fit.latest = sooner(time_to_empty_of(Direction::rx, terms.baseline, terms.capacity.hi),
                        time_to_empty_of(Direction::tx, terms.baseline, terms.capacity.hi));
  }
  if (fit.margin > 0) {  // the mean would fit, and the bucket is too small for what is above it
    fit.binds = fit.earliest == out ? Limit::out : Limit::in;
    fit.margin = 0;
  }
}

bool crosses_given_limit(const Fit& fit) {
  return fit.verdict == Verdict::exceeds &&
         (fit.binds == Limit::packets || fit.binds == Limit::connections);
}

std::optional<BitRate> gateway_of(const InstanceType& type, const GivenLimits& limits) {
  return limits.internet ? std::optional(internet_limit(type)) : std::nullopt;
}

std::uint64_t most_per_second(const Traffic& one, const CreditTerms& terms,
                              const GivenLimits& limits, std::optional<BitRate> gateway) {
  const BitRate most_rate = std::min(terms.baseline, gateway.value_or(terms.baseline));
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (const Bytes bytes : {one.rx_bytes, one.tx_bytes}) {
    if (bytes.value == 0) continue;
    const auto bits = Wide{bytes.value} * 8;
    most = std::min(most, static_cast<std::uint64_t>(most_rate.bits_per_second / bits));
  }
  const std::uint64_t packets = one.rx_packets.value + one.tx_packets.value;
  if (limits.packets_per_second && packets > 0) {
    most = std::min(most, *limits.packets_per_second / packets);
  }
  return most;
}

std::vector<Candidate> candidates(const std::vector<const InstanceType*>& types,
                                  const Workload& load, const GivenLimits& limits) {
  Sizing sizing(load, limits);
  std::vector<Candidate> all;
  all.reserve(types.size());
  for (const InstanceType* type : types) {
    all.push_back({.type = type, .fit = sizing.fit(terms_of(*type), gateway_of(*type, limits))});
  }
  std::ranges::sort(all, {}, [](const Candidate& one) {
    return std::tie(one.type->baseline, one.type->vcpus, one.type->name);
  });
  return all;
}

std::vector<Candidate> worth_showing(const std::vector<Candidate>& all, std::size_t most,
                                     std::size_t short_of) {
  const auto carries = [](const Candidate& one) { return one.fit.verdict == Verdict::for_ever; };
  const auto first = std::ranges::find_if(all, carries);
  std::vector<Candidate> shown;
  if (first == all.end()) {
    for (const Candidate& one : all) {
      if (shown.size() < most && crosses_given_limit(one.fit)) shown.push_back(one);
    }
    if (!shown.empty()) return shown;
  }
  const auto before = static_cast<std::size_t>(first - all.begin());
  const std::size_t room =
      std::min(before, first == all.end() ? most : std::min(short_of, most - 1));
  shown.assign(first - static_cast<std::ptrdiff_t>(room), first);
  for (auto one = first; one != all.end() && shown.size() < most; ++one) {
    if (carries(*one)) shown.push_back(*one);
  }
  return shown;
}

}  // namespace cgtally::sizing
