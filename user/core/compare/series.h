// SPDX-License-Identifier: Apache-2.0
// What `compare` compares: received requests and payload of two sets of accounts, interval by
// interval. The series is all that the statistics see; of hosts and files they know nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/enum_names.h"
#include "core/base/units.h"

namespace cgtally::compare {

enum class Side : std::uint8_t { original, mirror };

// Received in an interval. Fractions come from a host whose intervals do not end with the others':
// what such a host counted is spread evenly over its own interval.
struct Amounts {
  double connections = 0;   // SYN without ACK
  double data_packets = 0;  // packets with payload
  double payload_bytes = 0;

  Amounts& operator+=(const Amounts& other);
  [[nodiscard]] Amounts times(double factor) const;
};

struct Interval {
  Nanoseconds begin{};  // wall time
  Nanoseconds end{};
  Amounts original{};
  Amounts mirror{};

  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(end - begin).count();
  }
};

// A container that ended; the moment lies in the interval before `seen`.
struct ContainerEnd {
  Nanoseconds after{};  // alive at this wall time
  Nanoseconds seen{};
  std::string host;
  std::string name;  // as screens show it
  std::string pod;   // empty if not known
  enum class Of : std::uint8_t { original, mirror, other } of = Of::other;
};

// A time that is not compared, because a host has no rows in it.
struct LeftOut {
  Nanoseconds begin{};
  Nanoseconds end{};
  std::string host;
};

struct Series {
  std::vector<Interval> intervals;  // in their order, without overlaps
  std::vector<ContainerEnd> ends;
  std::vector<LeftOut> left_out;
  std::size_t hosts = 0;
  std::size_t originals = 0;  // accounts
  std::size_t mirrors = 0;
  // Whose, is not known: a client took a port again while the server's end was still closing.
  double connections_of_nobody = 0;
};

// What stands for a request.
enum class Unit : std::uint8_t { connections, packets, bytes };
inline constexpr EnumNames<Unit::bytes> kUnitNames{"connections", "packets", "bytes"};

[[nodiscard]] double requests_of(const Amounts& amounts, Unit unit);

// Connections, if both sides have at most three packets with payload for each, and nearly all of
// them are known to be of a side; else packets.
[[nodiscard]] Unit choose_unit(const Series& series);

}  // namespace cgtally::compare
