// SPDX-License-Identifier: Apache-2.0
// What a replay found, as data. The screen is made of it elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
  Traffic named;           // of it, by cgroups
  Nanoseconds recorded{};  // sum of the intervals
  Peak rx_peak;
  Peak tx_peak;
};

struct AccountReplay {
  std::string host;
  std::string iface;
  std::string account;
  Traffic moved;
  Nanoseconds recorded{};  // of its interface: means of accounts add up to the interface's
  Peak rx_peak;
  Peak tx_peak;
  std::size_t lives = 0;  // cgroups that had this path, one after the other
  SampleState state = SampleState::live;
};

// Something that happened `count` times; `first` is a sentence about the first of them.
struct Observation {
  std::size_t count = 0;
  std::string first;

  void add(const std::string& sentence) {
    if (count++ == 0) first = sentence;
  }
};

struct ReplayReport {
  std::vector<std::string> hosts;
  Nanoseconds first_wall{};  // where the first interval begins
  Nanoseconds last_wall{};
  Nanoseconds typical_interval{};
  std::size_t rows = 0;
  std::size_t intervals = 0;  // moments at which rows were written, over all ledgers
  std::vector<InterfaceReplay> interfaces;
  std::vector<AccountReplay> accounts;  // by bytes, most first
  Observation resets;                   // an account began again at zero
  Observation gaps;                     // time for which there are no rows
  Observation long_intervals;           // one row where there should have been several
  Observation no_kernel_row;            // the recording lacks rows that a recorder always writes
  Observation ledgers;                  // further ledgers of one host
  Observation overlaps;                 // two ledgers at a time
  Observation disagreements;            // interval columns that the totals contradict
};

}  // namespace cgtally
