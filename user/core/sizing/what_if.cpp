// SPDX-License-Identifier: Apache-2.0
#include "core/sizing/what_if.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/base/timestamp.h"

namespace cgtally::sizing {
namespace {

using WideBits = __int128;  // bits times 10^9

constexpr WideBits kOneByte = WideBits{8} * 1'000'000'000;

WideBits wide(Bytes bytes) { return WideBits{bytes.value} * kOneByte; }
WideBits moved_at(BitRate rate, Nanoseconds elapsed) {
  return WideBits{rate.bits_per_second} * elapsed.count();
}

Bytes capacity_bytes(double bytes) {
  return {static_cast<std::uint64_t>(std::clamp(bytes, 0.0, 1e18))};
}

Stream stream_of(const Workload& load, Direction direction) {
  Stream stream;
  for (const WorkloadStep& step : load.steps) {
    stream.elapsed.push_back(step.elapsed);
    stream.bytes.push_back(bytes_of(step.traffic, direction));
  }
  return stream;
}

WhatIf on_type(const Stream& stream, const InstanceType& type, Direction direction) {
  WhatIf one{.type = &type,
             .direction = direction,
             .terms = terms_of(type),
             .least = {},
             .most = std::nullopt};
  const BitRate baseline = one.terms.baseline;
  one.least = course(stream, baseline, capacity_bytes(one.terms.capacity.lo));
  if (one.terms.capacity.bounded()) {
    one.most = course(stream, baseline, capacity_bytes(one.terms.capacity.hi));
  }
  for (std::size_t i = 0; i < stream.bytes.size(); ++i) {
    const bool fast = wide(stream.bytes[i]) > moved_at(one.terms.burst, stream.elapsed[i]);
    if (fast) one.too_fast += stream.elapsed[i];
  }
  return one;
}

// The worse direction has the longer empty bucket, then the lower one.
auto badness(const WhatIf& one) {
  const double capacity = std::max(1.0, one.terms.capacity.lo);
  return std::tuple{one.least.empty, one.too_fast,
                    -static_cast<double>(one.least.lowest.value) / capacity};
}

// "672 GB..2.7 TB", "155.6..622.5 GB".
std::string both(const std::string& low, const std::string& high) {
  if (low == high) return low;
  const std::size_t space = low.rfind(' ');
  const bool one_unit = space != std::string::npos && high.ends_with(low.substr(space));
  return fmt::format("{}..{}", one_unit ? low.substr(0, space) : low, high);
}

std::string lowest_text(const WhatIf& one) {
  if (!one.terms.has_credits()) return "-";
  const std::string low = format_bytes(one.least.lowest);
  if (!one.most) return fmt::format("{} or more", low);
  return both(low, format_bytes(one.most->lowest));
}

std::string empty_text(const WhatIf& one) {
  const std::string high = format_duration(one.least.empty);
  const std::string low =
      one.most && one.most->empty > Nanoseconds::zero() ? format_duration(one.most->empty) : "0";
  return one.least.empty == Nanoseconds::zero() ? "never" : both(low, high);
}

std::string first_text(const WhatIf& one, Nanoseconds first_wall) {
  if (!one.least.first_empty) return "-";
  const std::string early = format_clock(first_wall + *one.least.first_empty);
  if (!one.most || !one.most->first_empty) return fmt::format("{} or never", early);
  return both(early, format_clock(first_wall + *one.most->first_empty));
}

}  // namespace

Course course(const Stream& stream, BitRate baseline, Bytes capacity) {
  Course made{.lowest = capacity, .empty = {}, .first_empty = std::nullopt};
  WideBits balance = wide(capacity);
  Nanoseconds passed{};
  for (std::size_t i = 0; i < stream.bytes.size(); ++i) {
    const Nanoseconds elapsed = stream.elapsed[i];
    const WideBits spent = wide(stream.bytes[i]) - moved_at(baseline, elapsed);
    if (spent > balance) {
      // The rate is taken as even within a step.
      const auto part = static_cast<long double>(balance) / static_cast<long double>(spent);
      const Nanoseconds until{
          static_cast<std::int64_t>(part * static_cast<long double>(elapsed.count()))};
      made.first_empty = made.first_empty.value_or(passed + until);
      made.empty += elapsed - until;
      balance = 0;
    } else {
      balance = std::min(wide(capacity), balance - spent);
    }
    made.lowest = std::min(made.lowest, Bytes{static_cast<std::uint64_t>(balance / kOneByte)});
    passed += elapsed;
  }
  return made;
}

std::vector<WhatIf> what_if(const Workload& load, const std::vector<const InstanceType*>& types) {
  const Stream out = stream_of(load, Direction::tx);
  const Stream in = stream_of(load, Direction::rx);
  std::vector<WhatIf> all;
  for (const InstanceType* type : types) {
    all.push_back(on_type(out, *type, Direction::tx));
    all.push_back(on_type(in, *type, Direction::rx));
  }
  return all;
}

std::string what_if_table(const std::vector<WhatIf>& all, Nanoseconds first_wall) {
  std::size_t width = 4;
  for (const WhatIf& one : all) width = std::max(width, display_width(one.type->name));
  std::string table = fmt::format("{:<{}} {:>6} {:>6}     {:<16} {:<13} {}\n", "TYPE", width,
                                  "BASE", "BURST", "LOWEST", "EMPTY FOR", "FIRST EMPTY");
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
    const WhatIf& one = badness(all[i + 1]) > badness(all[i]) ? all[i + 1] : all[i];
    table += fmt::format(
        "{} {:>6} {:>6} {:<3} {:<16} {:<13} {}{}\n", pad_right(printable(one.type->name), width),
        format_bit_rate_short(one.type->baseline), format_bit_rate_short(one.type->burst),
        one.direction == Direction::tx ? "out" : "in", lowest_text(one), empty_text(one),
        first_text(one, first_wall), one.too_fast > Nanoseconds::zero() ? "  TOO FAST" : "");
  }
  return table;
}

}  // namespace cgtally::sizing
