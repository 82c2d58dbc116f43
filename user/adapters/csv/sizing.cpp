// SPDX-License-Identifier: Apache-2.0
#include "adapters/csv/sizing.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "adapters/csv/rfc4180.h"
#include "core/base/timestamp.h"

namespace cgtally::csv {
namespace {

std::string seconds(const std::optional<Nanoseconds>& span) {
  if (!span) return {};
  return fmt::format("{:.3f}", std::chrono::duration<double>(*span).count());
}

std::string verdict(sizing::Verdict verdict) {
  static constexpr std::array kNames{"for_ever", "empties", "too_fast"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

std::string whole(double bytes) { return fmt::format("{:.0f}", std::floor(bytes)); }

}  // namespace

std::string sizing_header() {
  return "instance_type,counted,verdict,empty_in_lo_s,empty_in_hi_s,over_the_load,margin,binds,"
         "most_per_second,baseline_bps,burst_bps,capacity_lo_bytes,capacity_hi_bytes,basis,vcpus,"
         "source\n";
}

std::string sizing_row(const sizing::SizingRow& row) {
  const InstanceType& type = *row.type;
  const CreditTerms terms = terms_of(type);
  RecordWriter record;
  record.add(type.name)
      .add(row.counted.empty() ? "recorded" : row.counted)
      .add(verdict(row.fit.verdict))
      .add(seconds(row.fit.earliest))
      .add(seconds(row.fit.latest))
      .add(row.fit.over_the_load ? "yes" : "no")
      .add(fmt::format("{:.4f}", row.fit.margin))
      .add(sizing::limit_name(row.fit.binds))
      .add(row.most_per_second ? std::to_string(*row.most_per_second) : "")
      .add(type.baseline.bits_per_second)
      .add(type.burst_known ? std::to_string(type.burst.bits_per_second) : "")
      .add(whole(terms.capacity.lo))
      .add(terms.capacity.bounded() ? whole(terms.capacity.hi) : "")
      .add("prior")
      .add(type.vcpus == 0 ? "" : std::to_string(type.vcpus))
      .add(type.source);
  return std::move(record).line();
}

std::string what_if_header() {
  return "instance_type,direction,baseline_bps,burst_bps,capacity_lo_bytes,capacity_hi_bytes,"
         "lowest_lo_bytes,lowest_hi_bytes,empty_lo_s,empty_hi_s,first_empty_lo,first_empty_hi,"
         "too_fast_s\n";
}

std::string what_if_row(const sizing::WhatIf& one, Nanoseconds first_wall) {
  const auto moment = [first_wall](const std::optional<Nanoseconds>& after) {
    return after ? format_timestamp(first_wall + *after) : std::string();
  };
  const bool bounded = one.most.has_value();
  RecordWriter record;
  record.add(one.type->name)
      .add(direction_name(one.direction))
      .add(one.terms.baseline.bits_per_second)
      .add(one.type->burst_known ? std::to_string(one.terms.burst.bits_per_second) : "")
      .add(whole(one.terms.capacity.lo))
      .add(bounded ? whole(one.terms.capacity.hi) : "")
      .add(one.least.lowest.value)
      .add(bounded ? std::to_string(one.most->lowest.value) : "")
      .add(seconds(bounded ? one.most->empty : Nanoseconds::zero()))
      .add(seconds(one.least.empty))
      .add(moment(one.least.first_empty))
      .add(bounded ? moment(one.most->first_empty) : "")
      .add(seconds(one.too_fast));
  return std::move(record).line();
}

}  // namespace cgtally::csv
