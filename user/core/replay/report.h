// SPDX-License-Identifier: Apache-2.0
// The findings of a replay, as data; screen.h makes text of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/traffic/direction.h"
#include "core/traffic/sample.h"

namespace cgtally {

// The highest rate of any interval, and when that interval ended.
struct Peak {
  BitRate rate;
  Nanoseconds wall{};
};

struct InterfaceReplay {
  std::string host;
  std::string iface;
  Traffic moved;           // by the accounts that were asked for
  Traffic named;           // the part of `moved` that is on cgroups
  Nanoseconds recorded{};  // sum of the intervals
  PerDirection<Peak> peaks;
};

struct AccountReplay {
  std::string host;
  std::string iface;
  std::string account;
  Traffic moved;
  Nanoseconds recorded{};  // of its interface, so that the accounts' means add up
  PerDirection<Peak> peaks;
  std::size_t lives = 0;  // number of cgroups that had this path, one after the other
  SampleState state = SampleState::live;
  std::string label{};  // as screens name it
};

// Something that happened `count` times; `first` is a sentence about the first time.
struct Observation {
  std::size_t count = 0;
  std::string first;

  void add(const std::string& sentence) {
    if (count++ == 0) first = sentence;
  }
};

struct ReplayReport {
  std::vector<std::string> hosts;
  Nanoseconds first_wall{};  // begin of the first interval
  Nanoseconds last_wall{};
  Nanoseconds typical_interval{};
  std::size_t rows = 0;
  std::size_t intervals = 0;  // moments at which rows were written, over all ledgers
  std::vector<InterfaceReplay> interfaces;
  std::vector<AccountReplay> accounts;  // by bytes, most first
  Observation resets;                   // accounts that began again at zero
  Observation gaps;                     // times without rows
  Observation long_intervals;           // one row instead of several
  Observation no_kernel_row;            // a row that `record` always writes is missing
  Observation ledgers;                  // further ledgers of one host
  Observation overlaps;                 // two ledgers at the same time
  Observation disagreements;            // interval columns that the totals contradict
};

}  // namespace cgtally
