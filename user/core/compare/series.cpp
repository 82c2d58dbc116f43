// SPDX-License-Identifier: Apache-2.0
// Sums of amounts, and what of them counts requests.
#include "core/compare/series.h"

namespace cgtally::compare {
namespace {

// A request seldom has more, and a connection that is kept alive soon does.
constexpr double kMostPacketsOfOneRequest = 3;
constexpr double kMostOfNobody = 0.001;  // of all connections

bool has_a_connection_for_each(const Amounts& sum) {
  return sum.data_packets <= kMostPacketsOfOneRequest * sum.connections;
}

}  // namespace

Amounts& Amounts::operator+=(const Amounts& other) {
  connections += other.connections;
  data_packets += other.data_packets;
  payload_bytes += other.payload_bytes;
  return *this;
}

Amounts Amounts::times(double factor) const {
  return {.connections = connections * factor,
          .data_packets = data_packets * factor,
          .payload_bytes = payload_bytes * factor};
}

double requests_of(const Amounts& amounts, Unit unit) {
  switch (unit) {
    case Unit::connections:
      return amounts.connections;
    case Unit::packets:
      return amounts.data_packets;
    case Unit::bytes:
      break;
  }
  return amounts.payload_bytes;
}

Unit choose_unit(const Series& series) {
  Amounts original;
  Amounts mirror;
  for (const Interval& interval : series.intervals) {
    original += interval.original;
    mirror += interval.mirror;
  }
  const double connections = original.connections + mirror.connections;
  if (series.connections_of_nobody > kMostOfNobody * connections) return Unit::packets;
  return has_a_connection_for_each(original) && has_a_connection_for_each(mirror)
             ? Unit::connections
             : Unit::packets;
}

}  // namespace cgtally::compare
