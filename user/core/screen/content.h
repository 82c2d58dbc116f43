// SPDX-License-Identifier: Apache-2.0
// The figures that the screen shows, as the command has put them together at its last tick.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/credits/report.h"
#include "core/live/report.h"
#include "core/screen/account_book.h"

namespace cgtally::screen {

// A burst as a line of text, with what the screen looks for.
struct LoggedBurst {
  std::string account;  // the top account; empty if unknown
  std::string line;     // by burst_line()
};

// Where a replay is in its recording.
struct TimeAxis {
  std::vector<double> traffic;  // bytes in equal parts of the recorded time
  Nanoseconds begin{};          // wall time
  Nanoseconds end{};
  std::string speed;  // "1 s each second"
  bool playing = false;
};

// Owned by the command; Screen copies it for a pause.
struct Content {
  Report report;  // without accounts, which are in the book
  AccountBook book;
  std::optional<CreditReport> credits;
  std::string no_credits = "credits are not known";  // why there are none
  std::deque<LoggedBurst> bursts;                    // oldest first
  std::size_t burst_interface_columns = 0;           // of their lines, for the heading
  std::string no_bursts = "bursts are not known";    // why there are none
  std::optional<TimeAxis> axis;                      // only in a replay
};

}  // namespace cgtally::screen
