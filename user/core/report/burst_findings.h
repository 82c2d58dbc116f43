// SPDX-License-Identifier: Apache-2.0
// The bursts of a recording, summed up, and the largest of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/histogram.h"
#include "core/base/units.h"
#include "core/traffic/direction.h"

namespace cgtally::report {

// A row of the CSV of bursts.
struct RecordedBurst {
  Nanoseconds wall{};  // its begin
  Nanoseconds length{};
  std::string host;
  std::string iface;
  Direction direction = Direction::tx;
  Bytes bytes;
  Packets packets;
  BitRate peak;
  BitRate threshold;
  std::string account;  // its top account
  double share = 0;     // of the top account, at least
  std::optional<std::uint64_t> exceeded;
  std::string cause;
};

// Sums are of all bursts, however many; the largest `kMostKept` are kept for the plot and the
// table. Filled by the report's reader.
class BurstFindings {
 public:
  static constexpr std::size_t kMostKept = 300;
  static constexpr std::size_t kMostAccounts = 10'000;

  struct Led {
    std::uint64_t bursts = 0;
    double bytes = 0;  // at least, in the bursts in which it was the top account
  };

  void add(const RecordedBurst& burst);
  [[nodiscard]] std::uint64_t count() const { return lengths_.count(); }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] const Histogram& lengths() const { return lengths_; }  // nanoseconds
  [[nodiscard]] const std::optional<RecordedBurst>& fastest() const { return fastest_; }
  [[nodiscard]] std::uint64_t held_back() const { return held_back_; }  // bursts with packets
  [[nodiscard]] bool counters_known() const { return counters_known_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& causes() const { return causes_; }
  [[nodiscard]] const std::map<std::string, Led>& accounts() const { return accounts_; }
  // The largest ones, by bytes, in the order of their time.
  [[nodiscard]] std::vector<RecordedBurst> largest() const;

 private:
  Histogram lengths_;
  Bytes bytes_;
  std::optional<RecordedBurst> fastest_;
  std::uint64_t held_back_ = 0;
  bool counters_known_ = false;
  std::map<std::string, std::uint64_t> causes_;
  std::map<std::string, Led> accounts_;
  std::vector<RecordedBurst> kept_;  // a heap, the smallest on top
};

}  // namespace cgtally::report
