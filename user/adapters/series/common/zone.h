// SPDX-License-Identifier: Apache-2.0
// Local times of a zone of the system's database ("Europe/Berlin"), turned into UTC. An hour that
// comes twice in autumn is told apart by the rows around it; one that is left out in spring is an
// Error, since no clock showed it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/units.h"

namespace cgtally::series {

// Sets the time zone of this process: for commands that read files and end. Used by the builder of
// a series.
class Zone {
 public:
  // Empty or "UTC": UTC. Also "+02:00" and "local", the zone of this machine.
  static Result<Zone> open(const std::string& name);

  // `local`: since 1970 as the clock shows it. Of two moments that the clock shows the same, the
  // one nearest after `before`, or before it if `newest_first`.
  [[nodiscard]] Result<Nanoseconds> to_utc(Nanoseconds local, std::optional<Nanoseconds> before,
                                           bool newest_first);

 private:
  struct Offsets {
    Nanoseconds quarter{-1};  // local begin of the quarter of an hour that they hold for
    std::array<Nanoseconds, 2> values{};
    std::size_t count = 0;
  };
  explicit Zone(std::string name) : name_(std::move(name)) {}
  void look_up(Nanoseconds quarter);

  std::string name_;
  bool fixed_ = true;
  Nanoseconds offset_{};  // if fixed
  Offsets known_;
};

}  // namespace cgtally::series
